//! `soundalike doctor`: what a bug report needs to say about the program, the machine and the project. It has no names
//! of people, files or devices, so that it can be published.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Map, Value, json};

use super::common::{Changes, Common};
use super::session::Session;
use super::terminal::say;
use super::{project, report, version};
use crate::audio::device::{Backend, Format, SoundCard};
use crate::engine::Latest;
use crate::index::kernel::Kernel;

/// Facts about one subject, each with its name and its value.
type Facts = Vec<(&'static str, String)>;

/// Prints the report.
pub(super) fn examine(common: &Common) {
    let sections = [
        ("program", program()),
        ("system", system()),
        ("desktop", desktop()),
        ("sound", sound()),
        ("project", state(common)),
    ];
    if common.json {
        let object = |facts: &Facts| -> Value { facts.iter().map(|(name, value)| (key(name), json!(value))).collect() };
        let all: Map<String, Value> = sections.iter().map(|(name, facts)| (key(name), object(facts))).collect();
        return report::print_json(&Value::Object(all));
    }
    for (section, facts) in &sections {
        say!("{section}");
        for (name, value) in facts {
            say!("  {name:<16} {value}");
        }
    }
}

fn key(name: &str) -> String {
    name.replace(' ', "_")
}

fn program() -> Facts {
    vec![
        ("version", version::NUMBER.into()),
        ("commit", version::COMMIT.into()),
        ("target", version::TARGET.into()),
        ("index kernel", Kernel::chosen().name().into()),
    ]
}

fn system() -> Facts {
    let mut facts = vec![("system", system_name().unwrap_or_else(|| std::env::consts::OS.into()))];
    if let Ok(kernel) = fs::read_to_string("/proc/sys/kernel/osrelease") {
        facts.push(("kernel", kernel.trim().into()));
    }
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    facts.push(("processor", format!("{} with {cores} threads{}", std::env::consts::ARCH, instructions())));
    if let Some(memory) = field("/proc/meminfo", "MemTotal:") {
        facts.push(("memory", memory));
    }
    facts
}

/// The name and the version of the operating system, in the system's own words.
fn system_name() -> Option<String> {
    match std::env::consts::OS {
        "linux" => field("/etc/os-release", "PRETTY_NAME=").map(|name| name.trim_matches('"').into()),
        "macos" => output("sw_vers", &["-productVersion"]).map(|version| format!("macOS {version}")),
        "windows" => output("cmd", &["/c", "ver"]),
        _ => None,
    }
}

/// The vector instructions that the model and the index can use.
fn instructions() -> String {
    #[cfg(target_arch = "x86_64")]
    {
        let found = [
            ("AVX2", is_x86_feature_detected!("avx2")),
            ("FMA", is_x86_feature_detected!("fma")),
            ("AVX-512F", is_x86_feature_detected!("avx512f")),
            ("AVX-512VPOPCNTDQ", is_x86_feature_detected!("avx512vpopcntdq")),
        ];
        found.iter().filter(|(_, is_there)| *is_there).map(|(name, _)| format!(", {name}")).collect()
    }
    #[cfg(not(target_arch = "x86_64"))]
    String::new()
}

fn desktop() -> Facts {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let is_set = |name: &str| if variable(name).is_some() { "set" } else { "not set" };
    let mut facts = Facts::new();
    if cfg!(target_os = "linux") {
        facts.push(("desktop", variable("XDG_CURRENT_DESKTOP").unwrap_or_else(|| "unknown".into())));
        facts.push(("session", variable("XDG_SESSION_TYPE").unwrap_or_else(|| "unknown".into())));
        facts.push(("DISPLAY", is_set("DISPLAY").into()));
        facts.push(("WAYLAND_DISPLAY", is_set("WAYLAND_DISPLAY").into()));
        let renderer = output("glxinfo", &["-B"])
            .and_then(|lines| value_of(&lines, "OpenGL renderer string:"))
            .unwrap_or_else(|| "unknown (glxinfo does not tell)".into());
        facts.push(("OpenGL", renderer));
    }
    facts.push(("language", variable("LC_ALL").or_else(|| variable("LANG")).unwrap_or_else(|| "not set".into())));
    facts
}

fn sound() -> Facts {
    let described = |format: Result<Format, crate::audio::device::DeviceError>| match format {
        Ok(format) => format!("{} Hz, {} channels", format.rate, format.channels),
        Err(why) => why.to_string(),
    };
    let output = SoundCard.output(None).and_then(|device| device.default_format());
    let input = SoundCard.input(None).and_then(|device| device.default_format());
    vec![
        ("outputs", SoundCard.outputs().devices.len().to_string()),
        ("default output", described(output)),
        ("microphones", SoundCard.inputs().devices.len().to_string()),
        ("default microphone", described(input)),
    ]
}

/// The project's state, or why it cannot be opened.
fn state(common: &Common) -> Facts {
    let which = if common.project.is_some() { "named by --project" } else { "the default project" };
    let mut facts = vec![("which", which.to_owned())];
    let folder = match project(common) {
        Ok(folder) if folder.exists() => folder,
        Ok(_) => {
            facts.push(("state", "there is none yet".into()));
            return facts;
        }
        Err(why) => {
            facts.push(("state", format!("{why:#}")));
            return facts;
        }
    };
    match Session::open(folder.clone(), common, Changes::Nothing) {
        Ok(session) => facts.extend(holds(&session.latest())),
        Err(why) => facts.push(("state", without_names(&format!("{why:#}"), &folder))),
    }
    facts
}

fn holds(latest: &Latest) -> Facts {
    let dataset = &latest.dataset;
    let rates: Vec<String> = dataset.rates.iter().map(|(rate, files)| format!("{files} at {rate} Hz")).collect();
    let model = match latest.model.as_deref() {
        Some(model) => {
            let preset = format!("{:?}", model.config.preset).to_lowercase();
            let collapsed = if model.collapsed.is_some() { ", collapsed" } else { "" };
            format!("{preset}, {} bits, {} steps{collapsed}", model.config.bits, model.steps)
        }
        None => "none".into(),
    };
    let index = match latest.index.as_deref() {
        Some(index) if index.of_current_model => {
            format!("{} codes, {} files missing", index.codes, index.missing_files)
        }
        Some(index) => format!("{} codes of an older model", index.codes),
        None => "none".into(),
    };
    vec![
        ("writable", if latest.project.read_only.is_some() { "no" } else { "yes" }.into()),
        ("files", dataset.files.len().to_string()),
        ("rates", rates.join(", ")),
        ("hours", format!("{:.2}", dataset.seconds / 3600.0)),
        ("problems", dataset.problems.len().to_string()),
        ("model", model),
        ("index", index),
        ("takes", latest.takes.len().to_string()),
    ]
}

/// The message, with the project's folder and the person's home folder replaced.
fn without_names(message: &str, project: &Path) -> String {
    let home = directories::BaseDirs::new().map(|folders| folders.home_dir().to_path_buf());
    let replaced = message.replace(&*project.to_string_lossy(), "PROJECT");
    match home.filter(|home| home.parent().is_some()) {
        Some(home) => replaced.replace(&*home.to_string_lossy(), "HOME"),
        None => replaced,
    }
}

/// The first line of a file that begins with `name`, without `name`.
fn field(path: &str, name: &str) -> Option<String> {
    value_of(&fs::read_to_string(path).ok()?, name)
}

fn value_of(lines: &str, name: &str) -> Option<String> {
    lines.lines().find_map(|line| line.trim().strip_prefix(name)).map(|value| value.trim().to_owned())
}

/// The output of a program. `None` if the program cannot be run.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let run = Command::new(program).args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&run.stdout).trim().to_owned();
    Some(text).filter(|text| run.status.success() && !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_loses_the_names_in_its_paths() {
        let home = directories::BaseDirs::new().expect("a home").home_dir().to_path_buf();
        let project = home.join("Anna's birds");
        let message = format!("{}/project.db cannot be read, {}/x neither", project.display(), home.display());
        let told = without_names(&message, &project);
        assert_eq!(told, "PROJECT/project.db cannot be read, HOME/x neither");
    }

    #[test]
    fn fields_are_found_in_lines() {
        assert_eq!(
            value_of("a\n  OpenGL renderer string: llvmpipe\n", "OpenGL renderer string:").as_deref(),
            Some("llvmpipe")
        );
        assert_eq!(value_of("MemTotal:  1 kB", "Swap:"), None);
    }
}
