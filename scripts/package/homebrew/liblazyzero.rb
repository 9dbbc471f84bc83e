# SPDX-License-Identifier: MIT
class Liblazyzero < Formula
  desc "Memory allocator whose large blocks cost what a program touches"
  homepage "@HOME@"
  url "@HOME@/releases/download/v@VERSION@/liblazyzero-@VERSION@.tar.gz"
  sha256 "@SOURCE_SUM@"
  license all_of: ["MIT", "BSD-2-Clause"]

  depends_on "cmake" => :build

  # On macOS small requests stay with the system's malloc, and jemalloc is not
  # needed.
  on_linux do
    depends_on "pkgconf" => :build
    depends_on "elfutils"

    resource "jemalloc" do
      url "https://github.com/jemalloc/jemalloc/releases/download/@JEMALLOC_VERSION@/jemalloc-@JEMALLOC_VERSION@.tar.bz2"
      sha256 "@JEMALLOC_SUM@"
    end
  end

  def install
    args = %w[-DLAZYZERO_TESTS=OFF -DLAZYZERO_BENCH=OFF]
    if OS.linux?
      resource("jemalloc").stage buildpath/"jemalloc"
      args << "-DLAZYZERO_PROBES=OFF"
      args << "-DLAZYZERO_JEMALLOC=source"
      args << "-DLAZYZERO_JEMALLOC_SOURCE=#{buildpath}/jemalloc"
    end
    system "cmake", "-S", ".", "-B", "build", *args, *std_cmake_args
    system "cmake", "--build", "build"
    system "cmake", "--install", "build"
  end

  test do
    (testpath/"test.c").write <<~C
      #include <lazyzero/lazyzero.h>
      int main(void) { return lazyzero_version()[0] == 0; }
    C
    system ENV.cc, "test.c", "-I#{include}", "-L#{lib}", "-llazyzero", "-o", "test"
    system "./test"
    assert_match version.to_s, shell_output("#{bin}/lazyzero --version")
  end
end
