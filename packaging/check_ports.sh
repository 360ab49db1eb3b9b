#!/usr/bin/env bash
# Compiles the program for the systems that it runs on, as far as this machine has the tools; says SKIPPED for the others.
#
#   rustup target add x86_64-pc-windows-gnu aarch64-apple-darwin aarch64-unknown-linux-gnu
#   apt-get install gcc-mingw-w64-x86-64-win32 g++-mingw-w64-x86-64-win32 gcc-aarch64-linux-gnu libc6-dev-arm64-cross
#   pip install ziglang        (a C compiler that knows macOS; linking would need Apple's own tools)
#
# For Arm, PKG_CONFIG_LIBDIR must name the folder of an arm64 libasound2-dev.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo=${CARGO:-cargo}
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target/ports}
mkdir -p "$CARGO_TARGET_DIR"
failed=0

skip() { echo "SKIPPED: $1 ($2)"; }
has_target() { rustup target list --installed 2>/dev/null | grep -qx "$1"; }

# check NAME TARGET COMMAND...: runs a command of cargo for a target
check() {
    local name=$1 target=$2
    shift 2
    if "$cargo" "$@" --locked --target "$target"; then echo "ok: $name"; else echo "FAILED: $name" >&2; failed=1; fi
}

windows=x86_64-pc-windows-gnu
if ! has_target $windows; then
    skip Windows "rustup has no target $windows"
elif ! command -v x86_64-w64-mingw32-gcc >/dev/null; then
    skip Windows "x86_64-w64-mingw32-gcc is not installed"
else
    check Windows $windows clippy --all-targets -- -D warnings
fi

macos=aarch64-apple-darwin
python=$(command -v python3 || true)
if ! has_target $macos; then
    skip macOS "rustup has no target $macos"
elif [ "$(uname)" = Darwin ]; then
    check macOS $macos clippy --all-targets -- -D warnings
elif [ -z "$python" ] || ! "$python" -c 'import ziglang' 2>/dev/null; then
    skip macOS "python3 has no module ziglang"
else
    # Zig stands in for Apple's compiler. It does not know some of the options that crates pass to that one.
    tools=$(realpath "$CARGO_TARGET_DIR")/zig
    mkdir -p "$tools"
    cat >"$tools/cc" <<CC
#!/usr/bin/env bash
kept=()
while [ \$# -gt 0 ]; do
    case "\$1" in
        --target=* | -mmacosx-version-min=*) ;;
        -arch | -isysroot) shift ;;
        *) kept+=("\$1") ;;
    esac
    shift
done
exec "$python" -m ziglang cc -target aarch64-macos "\${kept[@]}"
CC
    printf '#!/usr/bin/env bash\nexec "%s" -m ziglang ar "$@"\n' "$python" >"$tools/ar"
    chmod +x "$tools/cc" "$tools/ar"
    export CC_aarch64_apple_darwin=$tools/cc AR_aarch64_apple_darwin=$tools/ar
    check macOS $macos clippy --bins --lib -- -D warnings
fi

arm=aarch64-unknown-linux-gnu
if ! has_target $arm; then
    skip "Arm Linux" "rustup has no target $arm"
elif ! command -v aarch64-linux-gnu-gcc >/dev/null; then
    skip "Arm Linux" "aarch64-linux-gnu-gcc is not installed"
elif [ -z "${PKG_CONFIG_LIBDIR:-}" ]; then
    skip "Arm Linux" "PKG_CONFIG_LIBDIR names no arm64 libasound2-dev"
else
    # Built and not only checked: some code of the dependencies fails only when it is compiled for real.
    export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc PKG_CONFIG_ALLOW_CROSS=1
    check "Arm Linux" $arm build --bins
fi

exit $failed
