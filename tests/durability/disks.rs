//! Images of disks, and a small disk in memory.
//!
//! A power cut is made as follows. The image of a disk is itself a file on another file system (XFS) that can copy a file in
//! one step. While the image is mounted and a process works on it, the image is copied. The copy has what reached the
//! device until this moment, and lacks what the system still held back. Then the original is thrown away, and the copy is
//! mounted in its place, where the file system replays its journal.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

/// A kind of file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Ext4,
    Xfs,
    Btrfs,
    Vfat,
    Exfat,
}

/// Runs a program of the system. The error is what it said.
fn system(program: &str, arguments: &[&str]) -> Result<(), String> {
    let Output { status, stdout, stderr } =
        Command::new(program).args(arguments).output().map_err(|cause| format!("{program}: {cause}"))?;
    let said = [stdout, stderr].concat();
    let said = String::from_utf8_lossy(&said).trim().replace('\n', "; ");
    if status.success() { Ok(()) } else { Err(format!("{program}: {said}")) }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

fn empty_file(path: &Path, megabytes: u64) {
    let file = std::fs::File::create(path).expect("created");
    file.set_len(megabytes << 20).expect("enough room");
}

/// A mounted file system. It is unmounted when this is dropped.
#[derive(Debug)]
struct Mount(PathBuf);

impl Mount {
    fn unmount(&self) -> Result<(), String> {
        // A scanner of the desktop may look at a new disk for a moment.
        for _ in 0..50 {
            if system("umount", &[text(&self.0)]).is_ok() {
                return Ok(());
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        system("umount", &[text(&self.0)])
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = system("umount", &["-l", text(&self.0)]);
    }
}

/// An XFS for images of other disks.
#[derive(Debug)]
pub struct Laboratory {
    mount: Mount,
    /// Dropped after the mount.
    _folder: tempfile::TempDir,
}

impl Laboratory {
    /// `None` if this user or this system cannot make one.
    pub fn new() -> Option<Arc<Self>> {
        let folder = tempfile::tempdir().expect("a folder");
        let (image, at) = (folder.path().join("laboratory"), folder.path().join("mounted"));
        std::fs::create_dir(&at).expect("created");
        empty_file(&image, 4096);
        let made = system("mkfs.xfs", &["-q", "-m", "reflink=1", text(&image)])
            .and_then(|()| system("mount", &["-o", "loop", text(&image), text(&at)]));
        match made {
            Ok(()) => Some(Arc::new(Self { mount: Mount(at), _folder: folder })),
            Err(why) => {
                println!("{why}");
                None
            }
        }
    }
}

/// A mounted image in the laboratory.
#[derive(Debug)]
pub struct Disk {
    kind: Kind,
    laboratory: Arc<Laboratory>,
    /// `None` only while images are exchanged.
    mount: Option<Mount>,
    image: PathBuf,
    images: usize,
}

impl Disk {
    /// # Errors
    /// If a tool is missing, or this system cannot mount the kind.
    pub fn new(kind: Kind, laboratory: Arc<Laboratory>) -> Result<Self, String> {
        let folder = laboratory.mount.0.clone();
        let (image, at) = (folder.join(format!("{kind:?}-0")), folder.join(format!("{kind:?}")));
        std::fs::create_dir_all(&at).expect("created");
        empty_file(&image, if kind == Kind::Xfs { 320 } else { 160 });
        let image_name = text(&image);
        match kind {
            Kind::Ext4 => system("mkfs.ext4", &["-q", "-F", image_name])?,
            Kind::Xfs => system("mkfs.xfs", &["-q", image_name])?,
            Kind::Btrfs => system("mkfs.btrfs", &["-q", image_name])?,
            Kind::Vfat => system("mkfs.vfat", &[image_name])?,
            Kind::Exfat => system("mkfs.exfat", &[image_name])?,
        }
        let mount = mount(kind, &image, &at)?;
        Ok(Self { kind, laboratory, mount: Some(mount), image, images: 1 })
    }

    pub fn path(&self) -> &Path {
        &self.mount.as_ref().expect("mounted").0
    }

    /// Copies what has reached the device until now.
    pub fn copy(&mut self) -> PathBuf {
        let copy = self.laboratory.mount.0.join(format!("{:?}-{}", self.kind, self.images));
        self.images += 1;
        system("cp", &["--reflink=always", text(&self.image), text(&copy)]).expect("copied");
        copy
    }

    /// Throws the disk away, and mounts a copy in its place.
    pub fn become_copy(&mut self, copy: PathBuf) {
        let mount_of_original = self.mount.take().expect("mounted");
        mount_of_original.unmount().expect("nobody uses it");
        let at = mount_of_original.0.clone();
        // It is unmounted already.
        std::mem::forget(mount_of_original);
        std::fs::remove_file(&self.image).expect("removed");
        if self.kind == Kind::Btrfs {
            // Btrfs remembers disks by a number that the copy shares.
            let _ = system("btrfs", &["device", "scan", "--forget"]);
        }
        self.image = copy;
        self.mount = Some(mount(self.kind, &self.image, &at).expect("the copy can be mounted"));
    }
}

fn mount(kind: Kind, image: &Path, at: &Path) -> Result<Mount, String> {
    let (image, folder) = (text(image), text(at));
    let by_kernel = |kind: &str| system("mount", &["-t", kind, "-o", "loop", image, folder]);
    match kind {
        Kind::Ext4 => by_kernel("ext4")?,
        Kind::Xfs => by_kernel("xfs")?,
        Kind::Btrfs => by_kernel("btrfs")?,
        Kind::Vfat => by_kernel("vfat")?,
        // A system without it in the kernel may have it as a program, which mounts only devices.
        Kind::Exfat => by_kernel("exfat").or_else(|_| {
            let output = Command::new("losetup").args(["-f", "--show", image]).output();
            let device = output.map_err(|cause| format!("losetup: {cause}"))?.stdout;
            let device = String::from_utf8_lossy(&device).trim().to_owned();
            let mounted = system("mount.exfat-fuse", &[&device, folder]);
            // A device in use is detached when its last user has gone.
            system("losetup", &["-d", &device])?;
            mounted
        })?,
    }
    Ok(Mount(at.to_owned()))
}

/// A disk in memory, whose size can be changed.
#[derive(Debug)]
pub struct SmallDisk {
    mount: Mount,
    /// Dropped after the mount.
    _folder: tempfile::TempDir,
}

impl SmallDisk {
    /// `None` if this user may not mount it.
    pub fn new() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let at = folder.path().join("small");
        std::fs::create_dir(&at).expect("created");
        system("mount", &["-t", "tmpfs", "-o", "size=256m", "tmpfs", text(&at)]).ok()?;
        Some(Self { mount: Mount(at), _folder: folder })
    }

    pub fn path(&self) -> &Path {
        &self.mount.0
    }

    /// Leaves only this much room.
    pub fn leave(&self, bytes: u64) {
        let files = walkdir::WalkDir::new(&self.mount.0).into_iter().map(|entry| entry.expect("readable"));
        // Each folder takes no page, and each file takes whole pages.
        let used: u64 = files
            .filter(|entry| entry.file_type().is_file())
            .map(|file| file.metadata().expect("there").len().div_ceil(4096) * 4096)
            .sum();
        self.resize(&format!("size={}", used + bytes));
    }

    pub fn make_large(&self) {
        self.resize("size=256m");
    }

    fn resize(&self, size: &str) {
        system("mount", &["-o", &format!("remount,{size}"), text(&self.mount.0)]).expect("resized");
    }
}
