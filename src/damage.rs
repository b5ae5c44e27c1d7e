//! Damaged copies of a text, for property tests: what an editor, a merge or a disk may have made of a file.

use proptest::prelude::*;

/// What is put into a damaged text.
const PIECES: &[&[u8]] = &[
    b"", b"\0", b"\xff", b"\n", b"\r\n", b"\t", b"\"", b"'''", b"\"\"\"", b"\\", b"{", b"}", b"[[", b"]", b"=", b"#",
    b",", b"9999999999999999999999", b"-1", b"../", b"/", b"@", b"<<<<<<< HEAD\n", b"\n=======\n", b"\xef\xbb\xbf",
    b"\xe2\x80\xae",
];

/// Copies in which a few parts are cut out, repeated or replaced.
pub fn damaged(text: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<prop::sample::Index>(), 0_usize..40, prop::sample::select(PIECES), any::<bool>());
    prop::collection::vec(change, 1..4).prop_map(move |changes| {
        let mut bytes = text.clone();
        for (at, length, piece, is_repeated) in changes {
            let start = at.index(bytes.len() + 1);
            let end = (start + length).min(bytes.len());
            let part = bytes[start..end].to_vec();
            let new = if is_repeated { [&part, piece, &part].concat() } else { piece.to_vec() };
            bytes.splice(start..end, new);
        }
        bytes
    })
}
