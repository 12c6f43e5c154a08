use super::*;

fn open(bytes: &[u8]) -> Result<Archive<Cursor<&[u8]>>> {
    Archive::open(Cursor::new(bytes), bytes.len() as u64)
}

/// An archive with one packed member.
fn packed(content: &[u8]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    zip.start_file("packed", options).unwrap();
    zip.write_all(content).unwrap();
    zip.finish().unwrap().into_inner()
}

#[test]
fn members_are_read_as_they_were_written() {
    let bytes = write(&[("a.json", b"{}"), ("b/c", &[7; 1000])]).unwrap();
    assert_eq!(bytes, write(&[("a.json", b"{}"), ("b/c", &[7; 1000])]).unwrap(), "no time of day in it");
    let mut archive = open(&bytes).unwrap();
    assert_eq!(archive.names(), ["a.json", "b/c"]);
    assert_eq!(archive.read("a.json", 100).unwrap().as_deref(), Some(&b"{}"[..]));
    assert_eq!(archive.read("b/c", 1000).unwrap(), Some(vec![7; 1000]));
    assert_eq!(archive.read("c", 1000).unwrap(), None);
    let error = archive.read("b/c", 999).unwrap_err().to_string();
    assert!(error.contains("b/c") && error.contains("at most 999"), "{error}");
}

#[test]
fn packed_members_are_unpacked_but_not_without_end() {
    let some = packed(&[1, 2, 3]);
    assert_eq!(open(&some).unwrap().read("packed", 10).unwrap(), Some(vec![1, 2, 3]));
    let bomb = packed(&vec![0; SLACK as usize + 200_000]);
    assert!(bomb.len() < 100_000);
    let error = open(&bomb).unwrap().read("packed", u64::MAX).unwrap_err().to_string();
    assert!(error.contains("expected at most"), "{error}");
}

#[test]
fn a_member_that_is_larger_than_it_says_is_refused() {
    let mut bytes = packed(&[5; 4000]);
    let size = 4000_u32.to_le_bytes();
    let places: Vec<usize> = (0..bytes.len() - 4).filter(|&at| bytes[at..at + 4] == size).collect();
    assert!(!places.is_empty(), "the size is in the directory");
    for at in places {
        bytes[at..at + 4].copy_from_slice(&10_u32.to_le_bytes());
    }
    assert!(open(&bytes).unwrap().read("packed", 10_000).is_err());
}

#[test]
fn what_is_no_archive_is_refused() {
    let bytes = write(&[("a.json", b"{}")]).unwrap();
    for cut in 0..bytes.len() {
        assert!(open(&bytes[..cut]).is_err(), "{cut}");
    }
}
