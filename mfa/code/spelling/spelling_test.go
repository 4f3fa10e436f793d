package spelling_test

import (
	"regexp"
	"strings"
	"testing"

	"sallyport/mfa/code/spelling"
)

func TestRandomCodesAreGroupedAndReadBack(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		length, group int
		form          string
	}{{15, 5, `^(\w{5}-){2}\w{5}$`}, {12, 4, `^(\w{4}-){2}\w{4}$`}, {10, 4, `^(\w{4}-){2}\w{2}$`}, {8, 8, `^\w{8}$`}} {
		code := spelling.Random(c.length, c.group)
		if !regexp.MustCompile(c.form).MatchString(code) || code == spelling.Random(c.length, c.group) {
			t.Errorf("%d in groups of %d: %q", c.length, c.group, code)
		}
		if clean, ok := spelling.Symbols(code, c.length, c.length); !ok || clean != strings.ReplaceAll(code, "-", "") {
			t.Errorf("%q reads back as %q, %v", code, clean, ok)
		}
	}
}

func TestB05EverySymbolHasOneFormInEverySpelling(t *testing.T) {
	t.Parallel()
	const all = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	for _, typed := range []string{all, strings.ToLower(all), "oi23456789abcdefghjkmnpqrstvwxyz", "OL23456789ABCDEFGHJKMNPQRSTVWXYZ", "  0123 4567\t89AB-CDEF GHJK\u2014MNPQ\u00a0RSTV\u3000WXYZ\r\n"} {
		if got, ok := spelling.Symbols(typed, 32, 32); !ok || got != all {
			t.Errorf("%q is %q, %v", typed, got, ok)
		}
	}
}

func TestLengthsAreExact(t *testing.T) {
	t.Parallel()
	for n := range 12 {
		code := strings.Repeat("7", n)
		if _, ok := spelling.Digits(code, 6); ok != (n == 6) {
			t.Errorf("%d digits for 6: %v", n, ok)
		}
		if _, ok := spelling.Symbols(code, 4, 8); ok != (n >= 4 && n <= 8) {
			t.Errorf("%d symbols for 4 to 8: %v", n, ok)
		}
	}
}

func TestLettersAreNoDigits(t *testing.T) {
	t.Parallel()
	for _, typed := range []string{"12345A", "O12345", "l12345", "+12345", "1234.5", "123–456"} {
		if got, ok := spelling.Digits(typed, 6); ok {
			t.Errorf("%q was read as %q", typed, got)
		}
	}
}
