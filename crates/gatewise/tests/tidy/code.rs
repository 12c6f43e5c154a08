//! Telling code from comments and literals, so that a rule about code is not broken by words.

/// The text of a Rust file with a space for every character of a comment or of a literal; line ends stay.
pub fn without_comments_and_literals(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < characters.len() {
        let length = token_to_blank(&characters, at);
        for &character in &characters[at..at + length.max(1)] {
            code.push(if length == 0 || character == '\n' { character } else { ' ' });
        }
        at += length.max(1);
    }
    code
}

/// Length of the comment or literal that starts here, 0 if none does.
fn token_to_blank(characters: &[char], at: usize) -> usize {
    let rest = &characters[at..];
    let in_a_word = at > 0 && is_word(characters[at - 1]);
    match rest {
        ['/', '/', ..] => rest.iter().position(|&c| c == '\n').unwrap_or(rest.len()),
        ['/', '*', ..] => block_comment(rest),
        ['"', ..] => quoted(rest, '"'),
        ['\'', ..] => character(rest),
        ['r', '"' | '#', ..] | ['b', 'r', '"' | '#', ..] if !in_a_word => raw_string(rest),
        _ => 0,
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Block comments nest.
fn block_comment(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match &rest[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// A text between two quotes, in which a backslash protects the next character.
fn quoted(rest: &[char], quote: char) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != quote {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// A character literal; 0 for a lifetime, which looks like its beginning.
fn character(rest: &[char]) -> usize {
    match rest {
        ['\'', '\\', ..] | ['\'', _, '\'', ..] => quoted(rest, '\''),
        _ => 0,
    }
}

/// `r"…"`, `r#"…"#` and so on; 0 for a raw name such as `r#type`.
fn raw_string(rest: &[char]) -> usize {
    let prefix = rest.iter().take_while(|c| matches!(c, 'b' | 'r')).count();
    let hashes = rest[prefix..].iter().take_while(|&&c| c == '#').count();
    if rest.get(prefix + hashes) != Some(&'"') {
        return 0;
    }
    let mut at = prefix + hashes + 1;
    while at < rest.len() {
        let closes =
            rest[at] == '"' && rest[at + 1..].iter().take(hashes).filter(|&&c| c == '#').count() == hashes;
        at += 1;
        if closes {
            return at + hashes;
        }
    }
    rest.len()
}

/// Numbers, from 1, of the lines of code that hold one of these words as a whole word.
pub fn lines_with_word(code: &str, words: &[&str]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (index, line) in code.lines().enumerate() {
        for word in words.iter().filter(|word| holds_word(line, word)) {
            found.push((index + 1, (*word).to_owned()));
        }
    }
    found
}

/// Whether a line holds the word, neither as the end nor as the beginning of a longer one.
fn holds_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        let after = line[start + word.len()..].chars().next();
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    })
}
