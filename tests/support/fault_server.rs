//! A server on a raw socket that answers one request byte for byte as it is told, faults included.
#![allow(clippy::unwrap_used, reason = "it fails as tests do")]

use std::{sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

/// What is sent, and what happens then.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Status line and headers; nothing is sent without one.
    pub head: Option<String>,
    /// The body. Each piece is a frame of its own, so that it reaches the reader alone.
    pub pieces: Vec<Vec<u8>>,
    pub then: Then,
}

#[derive(Debug, Clone, Copy)]
pub enum Then {
    /// The body ends as it should.
    End,
    /// The connection is reset: at once without a head, else when the client has seen a word.
    Reset,
    Silence,
    /// This frame again and again.
    Again(&'static str),
}

impl Answer {
    pub fn of(status: &str, headers: &str, body: impl Into<Vec<u8>>) -> Self {
        let head = format!("HTTP/1.1 {status}\r\n{headers}connection: close\r\ntransfer-encoding: chunked\r\n\r\n");
        Answer { head: Some(head), pieces: vec![body.into()], then: Then::End }
    }

    pub fn then(self, then: Then) -> Self {
        Answer { then, ..self }
    }

    /// The body in two pieces, cut there.
    pub fn cut(self, at: usize) -> Self {
        let (first, second) = self.pieces[0].split_at(at);
        Answer { pieces: vec![first.to_vec(), second.to_vec()], ..self }
    }
}

/// Gives each answer to one request, in order. `heard` is told when the client has seen a word. Gives the port.
pub async fn serve(answers: Vec<Answer>, heard: Arc<Notify>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        for answer in answers {
            let (socket, _) = listener.accept().await.unwrap();
            tokio::spawn(play(socket, answer, heard.clone()));
        }
    });
    port
}

/// Ends in an error when the client hangs up.
async fn play(mut socket: TcpStream, answer: Answer, heard: Arc<Notify>) -> std::io::Result<()> {
    // All of it: a socket that is closed over unread bytes takes back what it has sent.
    let mut asked = Vec::new();
    while !asked.ends_with(b"}") && socket.read_buf(&mut asked).await? > 0 {}
    if let Some(head) = &answer.head {
        socket.write_all(head.as_bytes()).await?;
    }
    for piece in answer.pieces.iter().filter(|piece| !piece.is_empty()) {
        socket.write_all(&frame(piece)).await?;
    }
    match answer.then {
        Then::End => socket.write_all(b"0\r\n\r\n").await?,
        Then::Reset => {
            if answer.head.is_some() {
                heard.notified().await;
            }
            socket.set_zero_linger()?;
        }
        Then::Silence => std::future::pending().await,
        Then::Again(sign) => {
            let mut beat = tokio::time::interval(Duration::from_millis(5));
            loop {
                beat.tick().await;
                socket.write_all(&frame(sign.as_bytes())).await?;
            }
        }
    }
    Ok(())
}

fn frame(piece: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat()
}
