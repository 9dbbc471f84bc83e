# SPDX-License-Identifier: MIT
# nix-build, or (import ./default.nix { }) in another expression.
{ pkgs ? import <nixpkgs> { } }:

let
  jemalloc = pkgs.fetchurl {
    url = "https://github.com/jemalloc/jemalloc/releases/download/@JEMALLOC_VERSION@/jemalloc-@JEMALLOC_VERSION@.tar.bz2";
    sha256 = "@JEMALLOC_SUM@";
  };
in
pkgs.stdenv.mkDerivation rec {
  pname = "liblazyzero";
  version = "@VERSION@";

  src = pkgs.fetchurl {
    url = "@HOME@/releases/download/v${version}/liblazyzero-${version}.tar.gz";
    sha256 = "@SOURCE_SUM@";
  };

  nativeBuildInputs = [ pkgs.cmake pkgs.pkg-config ];
  # Names of functions in lazyzero trace --sites, and the library's probes.
  buildInputs = pkgs.lib.optionals pkgs.stdenv.isLinux [
    pkgs.elfutils
    pkgs.libsystemtap
  ];

  cmakeFlags = [
    "-DLAZYZERO_TESTS=OFF"
    "-DLAZYZERO_BENCH=OFF"
  ] ++ pkgs.lib.optionals pkgs.stdenv.isLinux [
    "-DLAZYZERO_JEMALLOC=source"
    "-DLAZYZERO_JEMALLOC_SOURCE=${jemalloc}"
  ];

  meta = {
    description = "Memory allocator whose large blocks cost what a program touches";
    homepage = "@HOME@";
    license = with pkgs.lib.licenses; [ mit bsd2 ];
    platforms = pkgs.lib.platforms.linux ++ pkgs.lib.platforms.darwin;
    mainProgram = "lazyzero";
  };
}
