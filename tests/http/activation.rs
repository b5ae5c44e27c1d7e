//! What a service manager hands over, and what it is told.

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::process::Stdio;

use rustix::process::Signal;

use crate::client::Connection;
use crate::common::Site;
use crate::server::{FEED, LIMIT, Served, serve_by_shell, serve_command, site_with_story, wait_until};

const REQUEST: &str = "GET /en/all.atom.xml HTTP/1.1\r\nhost: a\r\n\r\n";

/// Serves on a socket that is handed over as a service manager does, to this process or to another one.
fn serve_on(listener: &TcpListener, site: Site, process: &str) -> Served {
    let script = format!("exec 3<&0 0</dev/null; LISTEN_FDS=1 LISTEN_PID={process} LISTEN_FDNAMES=http exec \"$@\"");
    let mut command = serve_by_shell(&site, &script);
    command.stdin(Stdio::from(OwnedFd::from(listener.try_clone().unwrap())));
    Served::by(site, command)
}

#[test]
fn a_socket_that_is_handed_over_is_served_also_to_who_came_before() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut early = Connection::open(listener.local_addr().unwrap());
    early.send(REQUEST);
    let mut served = serve_on(&listener, site_with_story(""), "$$");
    assert!(served.log().contains("serving on the socket that was handed over"), "{}", served.log());
    assert_eq!(early.receive(false).map(|response| response.status), Some(200));
    drop(early);
    served.stop(Signal::TERM);
}

#[test]
fn a_socket_that_is_handed_over_outlives_the_server() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let served = serve_on(&listener, site_with_story(""), "$$");
    assert_eq!(Connection::open(address).get(FEED).status, 200);
    let site = served.into_site();
    let mut waiting: Vec<Connection> = (0..20).map(|_| Connection::open(address)).collect();
    for connection in &mut waiting {
        connection.send(REQUEST);
    }
    let mut served = serve_on(&listener, site, "$$");
    for connection in &mut waiting {
        assert_eq!(connection.receive(false).map(|response| response.status), Some(200));
    }
    drop(waiting);
    served.stop(Signal::TERM);
}

#[test]
fn a_socket_that_is_meant_for_another_process_is_left_alone() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut served = serve_on(&listener, site_with_story(""), "$PPID");
    assert_ne!(served.address, listener.local_addr().unwrap());
    assert_eq!(served.get(FEED).status, 200);
    let client = Connection::open(listener.local_addr().unwrap());
    assert_eq!(listener.accept().unwrap().1, client.stream.local_addr().unwrap(), "the server accepts its connections");
    served.stop(Signal::TERM);
}

/// Runs a server that tells a socket of its state, by this name.
fn assert_told(manager: &UnixDatagram, name: &std::ffi::OsStr, site: Site) {
    manager.set_read_timeout(Some(LIMIT)).unwrap();
    let told = || {
        let mut buffer = [0; 4096];
        let count = manager.recv(&mut buffer).expect("the service manager is told nothing");
        String::from_utf8_lossy(&buffer[..count]).into_owned()
    };
    let mut command = serve_command(&site);
    command.env("NOTIFY_SOCKET", name);
    let mut served = Served::by(site, command);
    assert_eq!(told(), "READY=1");
    assert_eq!(served.get(FEED).status, 200);
    served.signal(Signal::HUP);
    wait_until("it is reloaded", || served.log().contains("reloading configuration and store"));
    served.signal(Signal::TERM);
    // Of a reload it is told nothing, because the server goes on meanwhile.
    assert_eq!(told(), "STOPPING=1");
    served.assert_ends();
}

#[test]
fn a_service_manager_is_told_that_the_server_is_ready_and_stops() {
    let site = site_with_story("");
    let path = site.path("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    assert_told(&manager, path.as_os_str(), site);
}

#[cfg(target_os = "linux")]
#[test]
fn a_service_manager_is_told_on_an_abstract_socket() {
    use std::os::linux::net::SocketAddrExt;

    let site = site_with_story("");
    let name = format!("tidings-test-{}", site.path("").display());
    let address = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
    let manager = UnixDatagram::bind_addr(&address).unwrap();
    assert_told(&manager, format!("@{name}").as_ref(), site);
}

#[test]
fn a_service_manager_that_does_not_listen_is_no_hindrance() {
    let site = site_with_story("");
    let mut command = serve_command(&site);
    command.env("NOTIFY_SOCKET", site.path("gone"));
    let mut served = Served::by(site, command);
    assert_eq!(served.get(FEED).status, 200);
    served.stop(Signal::TERM);
}
