use super::*;

const HEADING: &str = "name,job,model,batch,steps,features,units,dropout,recurrent_dropout\n";

fn one(line: &str) -> Workload {
    parse(&format!("{HEADING}{line}\n")).unwrap().remove(0)
}

#[test]
fn lines_are_read_below_the_heading() {
    let lines = "small,train,stacked,32,9,8,64+50,0,0.2\none,predict,stream,1,1,8,64,0,0\n";
    let workloads = parse(&format!("{HEADING}{lines}")).unwrap();
    assert_eq!(workloads.len(), 2);
    assert_eq!((workloads[0].name.as_str(), workloads[0].job), ("small", Job::Train));
    assert_eq!((workloads[0].form, workloads[1].form), (Form::Stacked, Form::Stream));
    assert_eq!((workloads[0].batch, &workloads[0].units), (32, &vec![64, 50]));
    assert_eq!(workloads[1].line, "one,predict,stream,1,1,8,64,0,0");
    assert_eq!((workloads[0].has_dropout, workloads[1].has_dropout), (true, false));
}

#[test]
fn a_line_of_another_form_is_an_error() {
    let error = |line: &str| format!("{:#}", parse(&format!("{HEADING}{line}\n")).unwrap_err());
    assert!(error("x,sleep,stacked,1,1,1,1,0,0").contains("`sleep`"));
    assert!(error("x,train,spiral,1,1,1,1,0,0").contains("`spiral`"));
    assert!(error("x,train").contains("2 fields"));
    assert!(error("x,train,stacked,1,y,1,1,0,0").contains("`y`"));
    assert!(error("x,train,translation,1,2+3,4,1,0,0").contains("expected 2"));
}

#[test]
fn the_committed_workloads_can_be_read_and_chosen() {
    let workspace = Workspace::find().unwrap();
    let all = choose(&workspace, &[]).unwrap();
    assert_eq!(all.len(), 12);
    assert_eq!(choose(&workspace, &[all[1].name.clone()]).unwrap(), all[1..2]);
    assert!(choose(&workspace, &["nothing".to_owned()]).is_err());
}

#[test]
fn operations_of_one_layer_are_those_of_its_products() {
    // 8·B·T·H·(F + H) and 2·B·H of the dense layer.
    assert_eq!(
        one("x,predict,stacked,2,3,5,7,0,0").floor(),
        (8 * 2 * 3 * 7 * (5 + 7) + 2 * 2 * 7 + 160 * 2 * 3 * 7) as f64
    );
    assert_eq!(one("x,predict,stacked,2,3,5,7,0,0").flops(), (8 * 2 * 3 * 7 * (5 + 7) + 2 * 2 * 7) as f64);
    // Thrice the recurrent product, twice that of the input, thrice the dense one.
    let train = 8 * 2 * 3 * 7 * (3 * 7 + 2 * 5) + 3 * 2 * 2 * 7;
    assert_eq!(one("x,train,stacked,2,3,5,7,0,0").flops(), f64::from(train));
}

#[test]
fn a_layer_above_another_needs_the_gradient_by_its_input() {
    let [below, above] = [8 * 2 * 3 * 7 * (3 * 7 + 2 * 5), 8 * 2 * 3 * 11 * (3 * 11 + 3 * 7)];
    assert_eq!(one("x,train,stacked,2,3,5,7+11,0,0").flops(), f64::from(below + above + 3 * 2 * 2 * 11));
}

#[test]
fn both_directions_and_both_halves_of_a_translation_count() {
    let one_way = 8 * 2 * 3 * 7 * (5 + 7);
    assert_eq!(one("x,predict,bidirectional,2,3,5,7,0,0").flops(), f64::from(2 * one_way + 2 * 2 * 14));
    let decoder = 8 * 2 * 4 * 7 * (6 + 7);
    let expected = one_way + decoder + 2 * 2 * 4 * 7 * 6;
    assert_eq!(one("x,predict,translation,2,3+4,5+6,7,0,0").flops(), f64::from(expected));
}

#[test]
fn one_sequence_on_a_large_layer_waits_for_weights() {
    assert!(one("x,predict,stacked,1,100,128,512,0,0").waits_for_weights());
    for line in
        ["x,predict,stacked,2,9,8,512,0,0", "x,predict,stacked,1,9,8,64,0,0", "x,train,stacked,1,9,8,512,0,0"]
    {
        assert!(!one(line).waits_for_weights(), "{line}");
    }
}
