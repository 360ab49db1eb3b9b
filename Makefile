# make run          opens the window
# make test         runs all tests
# make test-shared  runs the tests of the shared library on a PostgreSQL server of their own
# make check        formatting, lints, tests, documentation and licences: what must hold before a commit
# make bench        measures, in the profile that make run builds; against PyTorch, Faiss and Annoy where SOUNDALIKE_PYTHON
#                   names a Python that has them
# make soak         tries for an hour to lose something: damage on the disk, kills, power cuts, full disks, several processes
#                   (docs/durability.md); the parts that mount images of disks need root
# make man          writes the man pages to target/man
# make package      packs the released program for Linux (a .deb and a .tar.gz) into target/package
# make check-ports  checks that the program compiles for Windows, macOS and Arm, as far as this machine has the tools
# make screenshots  draws the pictures in screenshots/ from the running program
#
# System packages that are missing are installed through apt-get, with a line that says so; on a machine without apt-get
# they are named instead. Rust comes from rustup (https://rustup.rs).

CARGO := $(or $(shell command -v cargo 2>/dev/null),$(wildcard $(HOME)/.cargo/bin/cargo))

# The window's libraries are loaded while it runs, so that a link check would not miss them.
BUILD_PACKAGES := gcc libc6-dev pkg-config libasound2-dev
RUN_PACKAGES := $(BUILD_PACKAGES) libx11-6 libx11-xcb1 libxcursor1 libxi6 libxkbcommon-x11-0 libgl1
# A screen that nobody sees, a mouse that nobody holds, pictures of it, and the buses on which screen readers hear a window.
SCREEN_PACKAGES := xvfb xdotool imagemagick libegl1 libgl1-mesa-dri dbus at-spi2-core
# Other programs that read and write sound, a sound server for a virtual microphone and speaker, what makes requests and
# reads files back, and the database of a shared library.
TEST_PACKAGES := $(RUN_PACKAGES) $(SCREEN_PACKAGES) sox ffmpeg pulseaudio pulseaudio-utils libasound2-plugins curl bsdutils python3-requests python3-numpy postgresql
# Tools that make images of disks, and file systems that the kernel may lack.
SOAK_PACKAGES := $(TEST_PACKAGES) xfsprogs btrfs-progs dosfstools exfatprogs exfat-fuse python3-fusepy
PICTURE_PACKAGES := $(RUN_PACKAGES) $(SCREEN_PACKAGES) pulseaudio pulseaudio-utils libasound2-plugins

.PHONY: run test test-shared soak check check-ports bench man package screenshots format-check lint doc-check dependency-check run-needs test-needs soak-needs picture-needs rust

run: run-needs
	$(CARGO) run

test: test-needs
	$(CARGO) test

test-shared: test-needs
	SOUNDALIKE_POSTGRES=1 $(CARGO) test --test it shared_library

check: test-needs format-check lint test test-shared doc-check dependency-check

format-check: rust
	$(CARGO) fmt --check

lint: rust
	$(CARGO) clippy --all-targets -- -D warnings

doc-check: rust
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --no-deps --document-private-items

# deny.toml has the rules. The list of advisories is fetched from the network; the other rules need none.
dependency-check: rust
	@if ! command -v cargo-deny >/dev/null; then echo "SKIPPED: the dependencies' licences and advisories (cargo-deny is not installed)"; \
	elif cargo-deny fetch db 2>/dev/null; then cargo-deny check -A duplicate; \
	else echo "SKIPPED: the dependencies' advisories (their list cannot be fetched)"; \
	    cargo-deny --offline check -A duplicate bans licenses sources; fi

bench: run-needs
	$(CARGO) bench --profile dev
	$(CARGO) build
	@if [ -n "$$SOUNDALIKE_PYTHON" ]; then "$$SOUNDALIKE_PYTHON" benches/index_peers.py target/debug/soundalike; \
	else echo "SKIPPED: the index beside Faiss and Annoy (SOUNDALIKE_PYTHON names no Python)"; fi

soak: soak-needs
	CARGO="$(CARGO)" tests/soak.sh

man: run-needs
	$(CARGO) run -- man --out target/man

package: run-needs
	$(CARGO) build --release --locked
	packaging/linux.sh target/release/soundalike target/package

check-ports: rust
	@CARGO="$(CARGO)" packaging/check_ports.sh

screenshots: picture-needs
	$(CARGO) test --test it -- screenshots:: tasks:: --ignored --nocapture

run-needs: PACKAGES := $(RUN_PACKAGES)
test-needs: PACKAGES := $(TEST_PACKAGES)
soak-needs: PACKAGES := $(SOAK_PACKAGES)
picture-needs: PACKAGES := $(PICTURE_PACKAGES)
run-needs test-needs soak-needs picture-needs: rust
	@$(install_missing)

rust:
	@test -n "$(CARGO)" || { echo "Soundalike is built by cargo, which is missing here: install Rust from https://rustup.rs" >&2; exit 1; }

define install_missing
if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then \
    missing=; \
    for package in $(PACKAGES); do \
        dpkg-query -W -f='$${Status}' "$$package" 2>/dev/null | grep -q '^install ok installed' || missing="$$missing $$package"; \
    done; \
    if [ -n "$$missing" ]; then \
        echo "Installing the system packages that are missing:$$missing"; \
        as_root=; [ "$$(id -u)" = 0 ] || as_root=sudo; \
        $$as_root apt-get update -qq && \
        $$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null || exit 1; \
    fi; \
else \
    command -v pkg-config >/dev/null && pkg-config --exists alsa && command -v cc >/dev/null || { \
        echo "This machine has no apt-get. Install what these Debian packages hold, then run make again: $(PACKAGES)" >&2; exit 1; }; \
fi
endef
