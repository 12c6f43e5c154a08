use super::*;

const HEADING: &str = "name,job,batch,steps,features,units,dropout,recurrent_dropout\n";

#[test]
fn lines_are_read_below_the_heading() {
    let workloads =
        parse(&format!("{HEADING}small,train,32,9,8,64,0,0.2\none,predict,1,9,8,64,0,0\n")).unwrap();
    assert_eq!(workloads.len(), 2);
    assert_eq!((workloads[0].name.as_str(), workloads[0].job), ("small", Job::Train));
    assert_eq!(workloads[1].line, "one,predict,1,9,8,64,0,0");
    assert_eq!((workloads[0].has_dropout, workloads[1].has_dropout), (true, false));
}

#[test]
fn a_line_of_another_form_is_an_error() {
    assert!(parse(&format!("{HEADING}x,sleep,1,1,1,1,0,0\n")).unwrap_err().to_string().contains("`sleep`"));
    assert!(parse(&format!("{HEADING}x,train\n")).unwrap_err().to_string().contains("2 fields"));
}

#[test]
fn the_committed_workloads_can_be_read_and_chosen() {
    let workspace = Workspace::find().unwrap();
    let all = choose(&workspace, &[]).unwrap();
    assert!(all.len() > 1);
    assert_eq!(choose(&workspace, &[all[1].name.clone()]).unwrap(), all[1..2]);
    assert!(choose(&workspace, &["nothing".to_owned()]).is_err());
}
