//! The built program as a server, and requests to it: complete ones by a client, unusual ones byte by byte.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// No request of a test takes longer than this, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(300);

/// A running server. It is killed if the test has not ended it.
pub struct Served {
    pub address: SocketAddr,
    /// What the server printed at its start.
    pub said: Value,
    process: Child,
}

/// An answer, as it came over the wire.
#[derive(Clone, Debug)]
pub struct Answer {
    pub code: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|cause| panic!("{cause}: {self:?}"))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
    }
}

impl Served {
    pub fn start(project: &Path, arguments: &[&str]) -> Self {
        Self::start_as(project, arguments, |_| ())
    }

    /// Starts the server. `change` can change its process first.
    pub fn start_as(project: &Path, arguments: &[&str], change: impl FnOnce(&mut Command)) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_soundalike"));
        command.args(["serve", "--json", "--port", "0", "--project"]).arg(project).args(arguments);
        command.stdout(Stdio::piped()).env_remove("SOUNDALIKE_TOKEN").env("NO_PROXY", "*");
        change(&mut command);
        let mut process = command.spawn().expect("the server starts");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
        let said: Value = serde_json::from_str(&line).unwrap_or_else(|cause| panic!("{cause}: {line:?}"));
        let address = said["listening"].as_str().and_then(|address| address.strip_prefix("http://"));
        let mut address: SocketAddr = address.and_then(|address| address.parse().ok()).expect("an address");
        if address.ip().is_unspecified() {
            address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
        }
        Self { address, said, process }
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("connected");
        stream.set_read_timeout(Some(PATIENCE)).expect("set");
        stream.set_write_timeout(Some(PATIENCE)).expect("set");
        stream
    }

    /// Sends raw bytes and reads to the end of the answer, which must end the connection.
    pub fn exchange(&self, bytes: &[u8]) -> Answer {
        let mut stream = self.connect();
        // A server that refuses may have closed the connection already. Only its answer matters.
        let _ = stream.write_all(bytes);
        read_answer(&mut stream)
    }

    pub fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut head = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            head += &format!("Host: {}\r\n", self.address);
        }
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        self.exchange(&[format!("{head}\r\n").as_bytes(), body].concat())
    }

    pub fn get(&self, path: &str) -> Value {
        let answer = self.request("GET", path, &[], b"");
        assert_eq!(answer.code, 200, "{path}: {answer:?}");
        answer.json()
    }

    /// Posts JSON and reads JSON, whatever the code is.
    pub fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.request("POST", path, &[("Content-Type", "application/json")], body.to_string().as_bytes());
        (answer.code, answer.json())
    }

    pub fn search(&self, parameters: &str, sound: &Path) -> Answer {
        let bytes = std::fs::read(sound).expect("a sound");
        self.exchange(&self.search_request(parameters, "query.wav", &bytes))
    }

    /// A complete request for a search.
    pub fn search_request(&self, parameters: &str, name: &str, sound: &[u8]) -> Vec<u8> {
        let body = form(name, sound);
        let head = format!(
            "POST /search{parameters} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\nContent-Type: \
             multipart/form-data; boundary={BOUNDARY}\r\n\r\n",
            self.address,
            body.len()
        );
        [head.into_bytes(), body].concat()
    }

    /// Repeats the request until `is_so` is true for the answer.
    pub fn until(&self, path: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + PATIENCE;
        loop {
            let seen = self.get(path);
            if is_so(&seen) {
                return seen;
            }
            assert!(Instant::now() < end, "never came: {seen}");
        }
    }

    /// The peak memory of the server in MiB, if the system reports it.
    pub fn peak_mib(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib / 1024)
    }

    /// Asks the server to end, as a service manager does, without waiting for it.
    pub fn terminate(&self) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().expect("it runs").success());
    }

    /// Waits for the server's end, which must be regular.
    pub fn ends_well(mut self) {
        let status = self.process.wait().expect("it ends");
        assert!(status.success(), "the server ended with {status}");
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // If the test has waited for its end, it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub const BOUNDARY: &str = "----a-boundary-of-a-test";

pub fn form(name: &str, sound: &[u8]) -> Vec<u8> {
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: \
         audio/wav\r\n\r\n"
    );
    [head.as_bytes(), sound, format!("\r\n--{BOUNDARY}--\r\n").as_bytes()].concat()
}

pub fn read_answer(stream: &mut TcpStream) -> Answer {
    let mut all = Vec::new();
    stream.read_to_end(&mut all).expect("an answer");
    let split = all.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8(all[..split].to_vec()).expect("text");
    let code = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a code");
    Answer { code, head, body: all[split + 4..].to_vec() }
}
