use super::*;

/// Rows 3, 1 and 3 again of a table [5, 2].
fn sums() -> RowSums {
    let mut sums = RowSums::default();
    sums.take(&[5, 2], &[0.0, 4.0], &[9.0; 4]);
    sums.take(&[5, 2], &[3.0, 1.0, 3.0], &[1.0, 2.0, 10.0, 20.0, 0.5, 0.25]);
    sums
}

#[test]
fn rows_of_the_same_number_add_up_and_those_of_the_last_call_are_forgotten() {
    let sums = sums();
    let mut table = [7.0; 10];
    sums.write(0..10, &mut table);
    assert_eq!(table, [0.0, 0.0, 10.0, 20.0, 0.0, 0.0, 1.5, 2.25, 0.0, 0.0]);
    assert_eq!((sums.len(), sums.table_len()), (2, 10));
    assert_eq!([sums.range(0), sums.range(1)], [6..8, 2..4]);
}

#[test]
fn any_part_of_the_table_can_be_written() {
    let sums = sums();
    let mut table = [0.0; 10];
    sums.write(0..10, &mut table);
    for (start, end) in (0..10).flat_map(|start| (start..=10).map(move |end| (start, end))) {
        let mut part = vec![7.0; end - start];
        sums.write(start..end, &mut part);
        assert_eq!(part, table[start..end], "{start} to {end}");
    }
}

#[test]
fn sums_come_in_the_order_of_the_table() {
    let rows: Vec<(usize, Vec<f32>)> = sums().ascending().map(|(start, row)| (start, row.to_vec())).collect();
    assert_eq!(rows, [(2, vec![10.0, 20.0]), (6, vec![1.5, 2.25])]);
}

#[test]
fn a_sum_begins_with_0_so_that_it_is_never_negative_zero() {
    let mut sums = RowSums::default();
    sums.take(&[2, 1], &[1.0], &[-0.0]);
    let mut table = [1.0; 2];
    sums.write(0..2, &mut table);
    assert_eq!(table.map(f32::to_bits), [0, 0]);
}
