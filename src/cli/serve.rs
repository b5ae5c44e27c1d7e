//! `tidings serve`.

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;

use chrono::Utc;
use tokio::signal::unix::{SignalKind, signal};

use super::args::ServeOptions;
use super::report::Report;
use super::{configuration, configuration_path, log, manager};
use crate::diagnostics::Diagnostic;
use crate::serve::{Listener, Options, Source, listen, run as run_server};

/// Serves until it is told to stop.
pub fn run(config: Option<&Path>, options: &ServeOptions, report: &mut Report) -> u8 {
    if let Err(diagnostics) = serve(config, options, report) {
        report.diagnostics(&diagnostics, false);
    }
    report.status()
}

fn serve(config: Option<&Path>, options: &ServeOptions, report: &mut Report) -> Result<(), Vec<Diagnostic>> {
    let path = configuration_path(config).map_err(|diagnostic| vec![diagnostic])?;
    log::start(configuration(Some(&path))?.server.access_log);
    let source = Options { config: path, base_url: options.base_url.clone(), drafts: options.drafts };
    let (source, warnings) = Source::open(source, Arc::new(Utc::now))?;
    report.diagnostics(&warnings, false);
    let machine = |what: &str, error: std::io::Error| vec![Diagnostic::machine(Path::new("-"), what, &error)];
    // One core has nothing to share out.
    let has_one_core = std::thread::available_parallelism().is_ok_and(|cores| cores.get() == 1);
    let mut runtime = match has_one_core {
        true => tokio::runtime::Builder::new_current_thread(),
        false => tokio::runtime::Builder::new_multi_thread(),
    };
    let runtime = runtime.enable_all().build().map_err(|error| machine("start the server's threads", error))?;
    let served = runtime.block_on(async {
        let listener = match handed_over().map_err(|error| machine("use the socket that was handed over", error))? {
            Some(socket) => {
                tracing::info!("serving on the socket that was handed over");
                Listener::lent(socket)
            }
            None => {
                let address = options.listen.unwrap_or(source.listen());
                let socket = listen(address).await.map_err(|diagnostic| vec![diagnostic])?;
                let address = socket.local_addr().map_err(|error| machine("use the socket", error))?;
                tracing::info!("serving at http://{address}/");
                Listener::from(socket)
            }
        };
        let wait_for = |kind| signal(kind).map_err(|error| machine("wait for signals", error));
        let mut terminate = wait_for(SignalKind::terminate())?;
        let mut interrupt = wait_for(SignalKind::interrupt())?;
        let mut hangup = wait_for(SignalKind::hangup())?;
        let rereader = source.rereader();
        manager::tell("READY=1");
        let stop = async {
            loop {
                tokio::select! {
                    _ = terminate.recv() => break,
                    _ = interrupt.recv() => break,
                    _ = hangup.recv() => rereader.reread(),
                }
            }
            manager::tell("STOPPING=1");
        };
        run_server(listener, source, stop).await.map_err(|diagnostic| vec![diagnostic])
    });
    // What is still being encoded or told is of no use to anybody.
    runtime.shutdown_background();
    served
}

/// The socket that a service manager hands over (`LISTEN_FDS`).
fn handed_over() -> std::io::Result<Option<tokio::net::TcpListener>> {
    let listener: Option<TcpListener> = listenfd::ListenFd::from_env().take_tcp_listener(0)?;
    let Some(listener) = listener else { return Ok(None) };
    listener.set_nonblocking(true)?;
    tokio::net::TcpListener::from_std(listener).map(Some)
}
