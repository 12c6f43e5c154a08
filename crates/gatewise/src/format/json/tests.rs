use super::*;

#[test]
fn a_text_is_parsed() {
    assert_eq!(parse("config", b"{\"a\": [1, null]}").unwrap(), serde_json::json!({"a": [1, null]}));
    let error = parse("config", b"{\"a\": ").unwrap_err().to_string();
    assert!(error.starts_with("config: not JSON"), "{error}");
}

#[test]
fn texts_that_would_fill_the_memory_are_refused() {
    let deep = [b'['; 100_000];
    assert!(parse("config", &deep).is_err());
    let wide = format!("[{}0]", "0,".repeat(MOST_VALUES + 1));
    let error = parse("config", wide.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("at most"), "{error}");
    let long = format!("\"{}\"", "x".repeat(MOST_BYTES as usize));
    assert!(parse("config", long.as_bytes()).is_err());
}
