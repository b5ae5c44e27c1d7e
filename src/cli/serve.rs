//! `tidings serve`.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::Utc;
use rustix::process::{Resource, Rlimit};
use tokio::signal::unix::{SignalKind, signal};
use xxhash_rust::xxh3::xxh3_128;

use super::args::ServeOptions;
use super::report::Report;
use super::secrets::secret;
use super::{configuration, configuration_path, log, sd_notify};
use crate::config::{Config, Destination};
use crate::diagnostics::{Diagnostic, Diagnostics, OutputFormat, show};
use crate::publish::{Origin, PENDING_OF_SERVERS, PendingStorage};
use crate::serve::{Listener, LocalCopy, NotificationSettings, Source, listen, run as run_server};

/// Serves until a signal to stop.
pub fn run(config: Option<&Path>, options: &ServeOptions, report: &mut Report) -> u8 {
    if let Err(diagnostics) = serve(config, options, report) {
        report.diagnostics(&diagnostics, false);
    }
    report.status()
}

fn serve(config: Option<&Path>, options: &ServeOptions, report: &mut Report) -> Result<(), Diagnostics> {
    raise_file_limit();
    let path = configuration_path(config)?;
    let first = configuration(Some(&path))?;
    log::start(first.server.access_log);
    let applied = options.clone();
    let overrides = move |config| Ok(applied.apply(config)?);
    let source = match &options.from {
        Some(address) => {
            let origin = origin(address, &first)?;
            let copy = local_copy(&origin);
            Source::replica(&path, overrides, origin, copy, Arc::new(Utc::now))?
        }
        None => {
            let (source, warnings) = Source::with_overrides(&path, overrides, Arc::new(Utc::now))?;
            report.diagnostics(&warnings, false);
            source
        }
    };
    let source = source.with_admin_token(secret("TIDINGS_ADMIN_TOKEN")?);
    // A preview runs beside the server, and a replica beside who publishes.
    let is_publisher = !options.preview && options.from.is_none();
    let source = match is_publisher {
        true => with_imports(source.with_notification_settings(notification_settings(&first)?), &path, &first)?,
        false => source,
    };
    let machine = |what: &str, error: std::io::Error| Diagnostic::machine(Path::new("-"), what, &error);
    // With one core, threads only add switches.
    let has_one_core = std::thread::available_parallelism().is_ok_and(|cores| cores.get() == 1);
    let mut runtime = match has_one_core {
        true => tokio::runtime::Builder::new_current_thread(),
        false => tokio::runtime::Builder::new_multi_thread(),
    };
    let runtime = runtime.enable_all().build().map_err(|error| machine("start the server's threads", error))?;
    let own_machine_alone = |address: std::io::Result<SocketAddr>| match address {
        Ok(address) if options.preview && !options.preview_open && !address.ip().to_canonical().is_loopback() => {
            let message = format!("a preview shows what is not published yet, so it does not listen on {address}");
            Err(Diagnostic::usage(None, message)
                .help("listen on 127.0.0.1 or localhost; or write --preview-open, and let a proxy ask who it is"))
        }
        _ => Ok(()),
    };
    let served: Result<(), Diagnostics> = runtime.block_on(async {
        let listener =
            match inherited_socket().map_err(|error| machine("use the socket that was handed over", error))? {
                Some(socket) => {
                    own_machine_alone(socket.local_addr())?;
                    tracing::info!("serving on the socket that was handed over");
                    Listener::inherited(socket)
                }
                None => {
                    let address = options.listen.unwrap_or(source.listen_address());
                    own_machine_alone(Ok(address))?;
                    let socket = listen(address).await?;
                    let address = socket.local_addr().map_err(|error| machine("use the socket", error))?;
                    tracing::info!("serving at http://{address}/");
                    Listener::from(socket)
                }
            };
        let wait_for = |kind| signal(kind).map_err(|error| machine("wait for signals", error));
        let mut terminate = wait_for(SignalKind::terminate())?;
        let mut interrupt = wait_for(SignalKind::interrupt())?;
        let mut hangup = wait_for(SignalKind::hangup())?;
        let reload = source.reload_handle();
        sd_notify::notify("READY=1");
        let stop = async {
            loop {
                tokio::select! {
                    _ = terminate.recv() => break,
                    _ = interrupt.recv() => break,
                    _ = hangup.recv() => reload.reload(),
                }
            }
            sd_notify::notify("STOPPING=1");
        };
        Ok(run_server(listener, source, stop).await?)
    });
    // Does not wait for encoders: nobody needs their results any more.
    runtime.shutdown_background();
    served
}

/// What a replica follows.
fn origin(address: &str, config: &Config) -> Result<Origin, Diagnostic> {
    match super::storage::destination("--from", address)? {
        Destination::Folder(folder) => Ok(Origin::Folder(folder)),
        Destination::Store(address) => super::storage::origin(&address, &config.publish).map(Origin::Store),
    }
}

/// Those who are told of changes, and where it is remembered what they are still to be told: beside the manifest in an object
/// store, or in the folder of the output.
fn notification_settings(config: &Config) -> Result<NotificationSettings, Diagnostic> {
    let credentials = super::notify::credentials()?;
    if config.feeds.hub.is_none() && config.publish.purge.is_none() {
        return Ok(NotificationSettings { credentials, pending: None });
    }
    let pending = match (&config.publish.state, config.site.output.folder()) {
        (Some(state), _) => {
            let (storage, _) = super::storage::open(state, &config.publish)?;
            Some(PendingStorage::Object(storage, PENDING_OF_SERVERS))
        }
        (None, Some(folder)) if folder.is_dir() => Some(PendingStorage::File(folder.join(PENDING_OF_SERVERS))),
        (None, _) => {
            tracing::info!(
                "what the hub and caches are still to be told is forgotten when this server stops; \
                 to keep it, set `state` below [publish], or build once, so that the folder `output` exists"
            );
            None
        }
    };
    Ok(NotificationSettings { credentials, pending })
}

/// The copy from which a replica of this origin starts while the origin is away. It is kept where the system keeps what can be
/// fetched again; without such a folder there is none.
fn local_copy(origin: &Origin) -> Option<LocalCopy> {
    // A manager of services names a folder of this service (systemd.exec, `CacheDirectory`), else it is that of the user.
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
    let of_user = || folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(".cache")));
    let folder = folder("CACHE_DIRECTORY").or_else(|| Some(of_user()?.join("tidings")));
    let Some(folder) = folder else {
        tracing::warn!("no local copy is kept, because there is no folder for it; set CACHE_DIRECTORY to one");
        return None;
    };
    let name = format!("{:032x}", xxh3_128(origin.identity().as_bytes()));
    match LocalCopy::open(folder.join(name)) {
        Ok(copy) if copy.is_kept() => {
            tracing::info!("a local copy is kept in {}", copy.folder().display());
            Some(copy)
        }
        Ok(copy) => {
            let folder = copy.folder().display();
            tracing::warn!("another process keeps the local copy in {folder}; set CACHE_DIRECTORY to keep one more");
            Some(copy)
        }
        Err(diagnostic) => {
            tracing::warn!(
                "no local copy is kept; set CACHE_DIRECTORY to a folder for it:\n{}",
                show(&diagnostic, OutputFormat::Text)
            );
            None
        }
    }
}

/// The source with the imports of its configuration; a preview has none.
#[cfg(feature = "import")]
fn with_imports(source: Source, path: &Path, config: &Config) -> Result<Source, Diagnostics> {
    if config.imports.is_empty() {
        return Ok(source);
    }
    let (tasks, run) = super::import_tasks::tasks(path, config)?;
    Ok(source.with_tasks(tasks, run))
}

/// Without the feature `import` nothing is imported.
#[cfg(not(feature = "import"))]
fn with_imports(source: Source, _path: &Path, _config: &Config) -> Result<Source, Diagnostics> {
    Ok(source)
}

/// Raises the limit of open files to the highest that is allowed. Where that fails there are fewer connections.
fn raise_file_limit() {
    let limit = rustix::process::getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        let _ = rustix::process::setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    }
}

/// The socket of a service manager (socket activation, `LISTEN_FDS`).
fn inherited_socket() -> std::io::Result<Option<tokio::net::TcpListener>> {
    let listener: Option<TcpListener> = listenfd::ListenFd::from_env().take_tcp_listener(0)?;
    let Some(listener) = listener else { return Ok(None) };
    listener.set_nonblocking(true)?;
    tokio::net::TcpListener::from_std(listener).map(Some)
}
