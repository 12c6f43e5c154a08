//! `gatewise summary`: what a model is and what its file was.

use std::path::Path;

use anyhow::Result;
use gatewise::format::{LoadReport, Loaded};
use serde_json::{Value as Json, json};

use super::Answer;
use crate::args::SummaryArguments;
use crate::console;
use crate::models::{self, Want};

/// Runs the command.
pub fn run(arguments: &SummaryArguments) -> Result<Answer> {
    let loaded = models::load_quietly(&arguments.model, Want::Training)?;
    let text = match arguments.json {
        true => serde_json::to_string_pretty(&as_json(&loaded)?)?,
        false => format!("{}\n{}", loaded.model.summary(), about_file(&arguments.model, &loaded)),
    };
    console::print(&text)?;
    Ok(Answer::Done)
}

fn as_json(loaded: &Loaded) -> Result<Json> {
    let report = &loaded.report;
    let mut object = serde_json::to_value(loaded.model.summary_data())?;
    object["inputs"] = loaded.model.input_names().into();
    object["outputs"] = loaded.model.output_names().into();
    object["format"] = format_name(report).into();
    object["writer"] = report.writer.clone().into();
    object["conversions"] = report.conversions.clone().into();
    object["has_weights"] = report.has_weights.into();
    object["optimizer"] = optimizer(loaded).into();
    object["metadata"] = json!(report.metadata);
    Ok(object)
}

fn about_file(path: &Path, loaded: &Loaded) -> String {
    let report = &loaded.report;
    let writer = report.writer.as_deref().unwrap_or("not said");
    let mut lines = vec![
        format!("File: {} ({}), written by: {writer}", path.display(), format_name(report)),
        format!("Weights: {}", if report.has_weights { "in the file" } else { "none in the file" }),
    ];
    lines.extend(optimizer(loaded).map(|name| format!("Compiled with: {name}")));
    match &report.conversions[..] {
        [] => lines.push("Conversions: none".to_owned()),
        conversions => {
            lines.push("Conversions:".to_owned());
            lines.extend(conversions.iter().map(|conversion| format!("  {conversion}")));
        }
    }
    lines.extend(report.metadata.iter().map(|(key, text)| format!("{key}: {text}")));
    lines.join("\n")
}

fn optimizer(loaded: &Loaded) -> Option<&str> {
    loaded.model.optimizer().map(|optimizer| optimizer.class_name())
}

/// The ending that belongs to the format.
fn format_name(report: &LoadReport) -> &'static str {
    report.format.ending()
}
