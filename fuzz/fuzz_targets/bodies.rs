//! The server must answer every body of a request with a code that says whose fault it is, and must keep running.
#![no_main]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{OnceLock, mpsc};
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use soundalike::server::{ServeOptions, serve};

/// A server on an empty project, in this process. It may read files only in one empty folder.
fn address() -> SocketAddr {
    static ADDRESS: OnceLock<SocketAddr> = OnceLock::new();
    *ADDRESS.get_or_init(|| {
        let (told, listening) = mpsc::channel();
        std::thread::spawn(move || {
            let (project, allowed) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
            let options = ServeOptions {
                project: project.path().join("project"),
                address: SocketAddr::from(([127, 0, 0, 1], 0)),
                hosts: Vec::new(),
                token: None,
                allow: Some(vec![allowed.path().to_owned()]),
                allow_downloads: false,
            };
            serve(options, |listening| told.send(listening.address).expect("heard")).expect("served");
        });
        listening.recv().expect("an address")
    })
}

fuzz_target!(|input: (u8, bool, &[u8])| {
    let (path, chunked, body) = input;
    let path = ["/add", "/train", "/index", "/search"][usize::from(path) % 4];
    let mut stream = TcpStream::connect(address()).expect("connected");
    stream.set_read_timeout(Some(Duration::from_secs(120))).expect("set");
    let kind = if path == "/search" { "multipart/form-data; boundary=x" } else { "application/json" };
    let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: {kind}\r\n");
    let length = match chunked {
        true => "Transfer-Encoding: chunked".to_owned(),
        false => format!("Content-Length: {}", body.len()),
    };
    // The server may have answered and hung up before the end.
    let _ = stream.write_all(&[format!("{head}{length}\r\n\r\n").as_bytes(), body].concat());
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP/1.1 500"), "{}", String::from_utf8_lossy(&answer));
});
