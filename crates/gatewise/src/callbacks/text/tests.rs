use super::*;

#[test]
fn numbers_are_written_as_python_writes_them() {
    let cases = [
        (0.1, "0.1", "0.1000", "1.0000e-01", "0.1"),
        (1.0, "1.0", "1.0000", "1.0000e+00", "1"),
        (-0.0, "-0.0", "-0.0000", "-0.0000e+00", "-0"),
        (1e-5, "1e-05", "0.0000", "1.0000e-05", "1e-05"),
        (9.999999747378752e-6, "9.999999747378752e-06", "0.0000", "1.0000e-05", "1e-05"),
        (0.0001, "0.0001", "0.0001", "1.0000e-04", "0.0001"),
        (1e16, "1e+16", "10000000000000000.0000", "1.0000e+16", "1e+16"),
        (123456789.0, "123456789.0", "123456789.0000", "1.2346e+08", "1.235e+08"),
        (1234.0, "1234.0", "1234.0000", "1.2340e+03", "1234"),
        (f64::NAN, "nan", "nan", "nan", "nan"),
        (f64::NEG_INFINITY, "-inf", "-inf", "-inf", "-inf"),
        (f64::INFINITY, "inf", "inf", "inf", "inf"),
    ];
    for (value, shortest, four, exponent, digits) in cases {
        assert_eq!(repr(value), shortest);
        assert_eq!(fixed(value, 4), four);
        assert_eq!(scientific(value, 4), exponent);
        assert_eq!(general(value, 4), digits);
    }
}
