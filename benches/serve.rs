//! Requests per second of the server, compared with nginx and with a minimal server.
//!
//! ```text
//! cargo bench --bench serve
//! ```
//!
//! It takes two cores, and `nginx`, `wrk`, `taskset` and `setpriv` (Debian: nginx, wrk, util-linux). The servers have
//! the first core, wrk the second. nginx serves the files that `tidings build --compress` writes of the same site; the
//! third program, bare, is this one started again: it sends the server's own response, byte for byte, to every request,
//! and so shows the upper limit of a server on tokio. Where a core was not busy throughout, wrk was at its limit or
//! something else ran; then compare the processor time per request, not the requests per second.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs::{self, File},
    future::poll_fn,
    io,
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    pin::Pin,
    process::{Child, Command, ExitCode, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

type Result<T> = std::result::Result<T, Box<dyn Error>>;
type Headers = Vec<(&'static str, String)>;

const ROUNDS: usize = 9;
const TIMEOUT: Duration = Duration::from_secs(30);

struct Case {
    name: &'static str,
    path: &'static str,
    status: u16,
    /// The required rate, as a share of the rates of nginx and of the bare server.
    required: [f64; 2],
}

const CASES: [Case; 3] = [
    Case { name: "200, 20 kB of gzip", path: "/en/all.atom.xml", status: 200, required: [1.0, 0.85] },
    Case { name: "200, 2 kB of gzip", path: "/en/rare.atom.xml", status: 200, required: [1.1, 0.85] },
    Case { name: "304", path: "/en/all.atom.xml", status: 304, required: [1.0, 0.85] },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let done = match arguments.as_slice() {
        [bare, port, answer] if bare == "bare" => serve_all(port, answer),
        _ => measure(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(diagnostic) => {
            eprintln!("{diagnostic}");
            ExitCode::FAILURE
        }
    }
}

// Measuring.

fn measure() -> Result<()> {
    let nginx = tools()?;
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let folder = folder.path();
    generate(folder)?;
    let tidings = Path::new(env!("CARGO_BIN_EXE_tidings"));
    let config = &folder.join("tidings.toml").display().to_string();
    let mut build = Command::new(tidings);
    build.args(["build", "--compress", "--now", "2025-01-01T00:00:00Z", "--config", config]).stdout(Stdio::null());
    if !build.status()?.success() {
        return Err(format!("{build:?} failed").into());
    }

    let port = free_port()?;
    let listen = format!("127.0.0.1:{port}");
    let tidings = Server::start("tidings", tidings, &["serve", "--config", config, "--listen", &listen], port, folder)?;
    let port = free_port()?;
    let (config, log) = (format!("{}/nginx.conf", folder.display()), format!("{}/nginx.log", folder.display()));
    fs::write(&config, nginx_configuration(folder, port))?;
    let nginx = Server::start("nginx", &nginx, &["-c", &config, "-e", &log], port, folder)?;
    CASES.iter().try_for_each(|case| compare(case, &tidings, &nginx, folder))
}

fn compare(case: &Case, tidings: &Server, nginx: &Server, folder: &Path) -> Result<()> {
    let (to_tidings, to_nginx) = (case.headers(tidings)?, case.headers(nginx)?);
    let sample = case.request(tidings, &to_tidings)?;
    let file = folder.join("answer").display().to_string();
    let (head, size) = (head(&sample), sample.body().len());
    fs::write(&file, [head.as_bytes(), sample.body()].concat())?;
    let port = free_port()?;
    let bare = Server::start("bare", &env::current_exe()?, &["bare", &port.to_string(), &file], port, folder)?;
    let servers = [(tidings, &to_tidings), (nginx, &to_nginx), (&bare, &to_tidings)];
    for (server, headers) in servers {
        let theirs = case.request(server, headers)?.body().len();
        if theirs != size {
            return Err(format!("{}: a body of {theirs} bytes from {}, not of {size}", case.name, server.name).into());
        }
    }

    // Interleaved, so that other load on the machine affects all of them.
    let mut rates = [const { Vec::new() }; 3];
    let mut busy = [0.0; 3];
    for _ in 0..ROUNDS {
        for (number, (server, headers)) in servers.into_iter().enumerate() {
            let (start, before) = (Instant::now(), server.ticks()?);
            rates[number].push(wrk(server, case.path, headers)?);
            busy[number] += (server.ticks()? - before) / start.elapsed().as_secs_f64() / ROUNDS as f64;
        }
    }
    let rates = rates.map(median);
    println!("{} ({size} bytes after a head of {})", case.name, head.len());
    for (number, (server, _)) in servers.into_iter().enumerate() {
        let each = busy[number] / rates[number] * 10_000.0;
        print!(
            "  {:<8}{:>7.0} a second, {each:>4.1} µs each, core busy {:>2.0} %",
            server.name, rates[number], busy[number]
        );
        if number == 0 {
            println!();
            continue;
        }
        let (ratio, required) = (rates[0] / rates[number], case.required[number - 1]);
        let verdict = if ratio < required { ": falls short" } else { "" };
        println!(", tidings x {ratio:.2}, required {required:.2}{verdict}");
    }
    Ok(())
}

impl Case {
    /// The headers of a client that accepts gzip and, for a 304, has the document.
    fn headers(&self, server: &Server) -> Result<Headers> {
        let mut headers = vec![("Accept-Encoding", "gzip".to_owned())];
        if self.status == 304 {
            headers.push(("If-None-Match", header(&request(server, self.path, &headers)?, "etag").to_owned()));
        }
        Ok(headers)
    }

    /// Sends one request, and checks that the response is what the case measures.
    fn request(&self, server: &Server, headers: &Headers) -> Result<Response> {
        let response = request(server, self.path, headers)?;
        if response.status() == self.status && (self.status == 304 || header(&response, "content-encoding") == "gzip") {
            return Ok(response);
        }
        Err(format!("{}: not what was expected of {}:\n{}", self.name, server.name, head(&response)).into())
    }
}

/// Requests per second.
fn wrk(server: &Server, path: &str, headers: &Headers) -> Result<f64> {
    let mut command = Command::new("taskset");
    command.args(["-c", "1", "wrk", "-t1", "-c32", "-d2s"]).stderr(Stdio::inherit());
    for (name, value) in headers {
        command.arg("-H").arg(format!("{name}: {value}"));
    }
    let output = command.arg(format!("http://127.0.0.1:{}{path}", server.port)).output()?;
    let output = String::from_utf8_lossy(&output.stdout);
    match output.lines().find_map(|line| line.strip_prefix("Requests/sec:")) {
        Some(rate) if !output.contains("Non-2xx") && !output.contains("Socket errors") => Ok(rate.trim().parse()?),
        _ => Err(format!("{}: {command:?} printed\n{output}", server.name).into()),
    }
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

// The servers.

struct Server {
    name: &'static str,
    process: Child,
    port: u16,
}

impl Server {
    /// Starts a program on the first core, and waits until it listens. It is killed when this process ends.
    fn start(name: &'static str, program: &Path, arguments: &[&str], port: u16, folder: &Path) -> Result<Self> {
        let log = folder.join(format!("{name}.output"));
        let output = File::create(&log)?;
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "taskset", "-c", "0"]).arg(program).args(arguments);
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let mut server = Self { name, process: command.spawn()?, port };
        let end = Instant::now() + TIMEOUT;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if server.process.try_wait()?.is_some() || Instant::now() > end {
                return Err(format!("{name} does not listen: {}", fs::read_to_string(log)?).into());
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(server)
    }

    /// User and system time so far, in hundredths of a second.
    fn ticks(&self) -> Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
        Ok(fields.map(str::parse::<f64>).sum::<std::result::Result<f64, _>>()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A single process, which can be killed like the others, and folders that any user can write.
fn nginx_configuration(folder: &Path, port: u16) -> String {
    let folder = folder.display();
    let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary: String = kinds.iter().map(|kind| format!("{kind}_temp_path {folder}/temp;\n")).collect();
    format!(
        "daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid;
         events {{ worker_connections 1024; }}
         http {{
             {temporary} types {{ application/xml xml; }}
             access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; etag on;
             gzip_static on; gzip_vary on; open_file_cache max=1000 inactive=1h; open_file_cache_valid 1h;
             server {{ listen 127.0.0.1:{port}; root {folder}/public; }}
         }}"
    )
}

/// Responds to every request with the bytes of a file.
fn serve_all(port: &str, answer: &str) -> Result<()> {
    let answer: Arc<[u8]> = fs::read(answer)?.into();
    let port: u16 = port.parse()?;
    tokio::runtime::Builder::new_current_thread().enable_io().build()?.block_on(async {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        loop {
            tokio::spawn(serve_one(listener.accept().await?.0, Arc::clone(&answer)));
        }
    })
}

/// Requests have no body, and wrk does not pipeline.
async fn serve_one(mut stream: tokio::net::TcpStream, answer: Arc<[u8]>) -> io::Result<()> {
    let mut request = [0; 4096];
    let mut buffer = ReadBuf::new(&mut request);
    loop {
        let before = buffer.filled().len();
        poll_fn(|context| Pin::new(&mut stream).poll_read(context, &mut buffer)).await?;
        if buffer.filled().len() == before {
            return Ok(());
        }
        if buffer.filled().ends_with(b"\r\n\r\n") {
            buffer.clear();
            let mut rest = &*answer;
            while !rest.is_empty() {
                rest = &rest[poll_fn(|context| Pin::new(&mut stream).poll_write(context, rest)).await?..];
            }
        }
    }
}

// Requests.

type Response = ureq::http::Response<Vec<u8>>;

fn request(server: &Server, path: &str, headers: &Headers) -> Result<Response> {
    let agent = ureq::Agent::config_builder().timeout_global(Some(TIMEOUT)).build().new_agent();
    let mut request = agent.get(format!("http://127.0.0.1:{}{path}", server.port));
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let (parts, mut body) = request.call()?.into_parts();
    Ok(Response::from_parts(parts, body.read_to_vec()?))
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The header as the server sent it.
fn head(response: &Response) -> String {
    let mut head = format!("HTTP/1.1 {}\r\n", response.status());
    for (name, value) in response.headers() {
        head += &format!("{name}: {}\r\n", String::from_utf8_lossy(value.as_bytes()));
    }
    head + "\r\n"
}

fn free_port() -> io::Result<u16> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr().map(|address| address.port())
}

/// The path of nginx, if this machine can run the benchmark. Debian installs it outside most users' `PATH`.
fn tools() -> Result<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).chain(["/usr/sbin".into()]).collect();
    let find = |name: &str| folders.iter().map(|folder| folder.join(name)).find(|file| file.is_file());
    let missing = ["wrk", "taskset", "setpriv", "nginx"].into_iter().filter(|name| find(name).is_none());
    let missing = missing.collect::<Vec<_>>().join(", ");
    let nginx = find("nginx").filter(|_| missing.is_empty()).ok_or(format!("not on this machine: {missing}"))?;
    if !Command::new("taskset").args(["-c", "1", "true"]).stderr(Stdio::null()).status()?.success() {
        return Err("there is only one core here; the benchmark takes one for the servers and one for wrk".into());
    }
    if !String::from_utf8_lossy(&Command::new(&nginx).arg("-V").output()?.stderr).contains("http_gzip_static_module") {
        return Err("this nginx has no gzip_static; that of Debian's package nginx has".into());
    }
    Ok(nginx)
}

// The site.

/// Two stories on the rare topic make 2 kB, all of them 20 kB; the same on every machine.
fn generate(folder: &Path) -> Result<()> {
    let mut random = 0x005E_ED0F_71D1_465A;
    let stories = folder.join("stories");
    fs::create_dir(&stories)?;
    for number in 1..=26 {
        let topic = if number <= 2 { "rare" } else { "common" };
        let mut text = format!("published = 2024-11-{number:02}\ntopics = [\"{topic}\"]\n\n[translations.en]\n");
        for (key, letters) in [("title", 40), ("summary", 160), ("content_text", 1000)] {
            writeln!(text, "{key} = \"{}\"", words(&mut random, letters))?;
        }
        fs::write(stories.join(format!("story-{number:02}.toml")), text)?;
    }
    let configuration = "[site]\nbase_url = \"https://news.example.org/feeds/\"\n\
        authority = \"news.example.org,2014\"\npages = false\n\
        home_page = \"https://news.example.org/\"\n\n[languages.en]\ntitle = \"News\"\n\n\
        [topics.common]\n[topics.rare]\n";
    Ok(fs::write(folder.join("tidings.toml"), configuration)?)
}

/// Random letters (xorshift), which compress badly.
fn words(random: &mut u64, letters: usize) -> String {
    let mut letter = || {
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        char::from(b"aeioubcdfglmnprst "[(*random % 18) as usize])
    };
    (0..letters).map(|_| letter()).collect::<String>().trim().to_owned()
}
