print(len(bytearray(20 << 20)))
