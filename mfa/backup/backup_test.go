package backup_test

import (
	"bytes"
	"math"
	"regexp"
	"strings"
	"testing"

	"sallyport/mfa/backup"
	"sallyport/storage/id"
)

var form = regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{5}(-[0-9A-HJKMNP-TV-Z]{5}){2}$`)

func TestListHasTenDifferentCodesOfAtLeast64Bits(t *testing.T) {
	t.Parallel()
	seen, symbols := map[string]bool{}, map[rune]int{}
	for range 100 {
		codes := backup.New()
		if len(codes) != 10 {
			t.Fatalf("%d codes", len(codes))
		}
		for _, c := range codes {
			if seen[c] || !form.MatchString(c) {
				t.Fatalf("code %q", c)
			}
			seen[c] = true
			for _, r := range strings.ReplaceAll(c, "-", "") {
				symbols[r]++
			}
		}
	}
	if bits := 15 * math.Log2(float64(len(symbols))); bits < 64 {
		t.Errorf("%d symbols in use: %.0f bits", len(symbols), bits)
	}
	for r, n := range symbols {
		if n < 300 || n > 650 { // 15000 of 32 symbols: 469 each, standard deviation 21
			t.Errorf("symbol %c came %d times", r, n)
		}
	}
}

func TestCodeIsReadHoweverItIsTyped(t *testing.T) {
	t.Parallel()
	const want = "01ABCDEFGH11JK0"
	for _, typed := range []string{"01ABC-DEFGH-11JK0", "01abcdefgh11jk0", " 01abc defgh 11jk0\n", "oiabc-defgh-iljkO", "01ABC\u2013DEFGH\u201411JK0",
		"\uff10\uff11ABC DEFGH 11JK0", "01abc\u00a0defgh\u00a011jko"} {
		if got, ok := backup.Clean(typed); !ok || got != want {
			t.Errorf("%q is %q, %v", typed, got, ok)
		}
	}
	for _, typed := range []string{"", "-", "123456", "01ABC-DEFGH-11JK", "01ABC-DEFGH-11JK00", "01ABC-DEFGH-11JKU", "01ABC-DEFGH-11JK\u00e9", "01ABC_DEFGH_11JK0",
		"01ABCDEFGH11JK\x00", strings.Repeat("-", 200) + want} {
		if got, ok := backup.Clean(typed); ok {
			t.Errorf("%q was read as %q", typed, got)
		}
	}
}

func TestB09HashBelongsToOneOwnerAndOnePepper(t *testing.T) {
	t.Parallel()
	pepper, acme, alice := bytes.Repeat([]byte{1}, 32), id.NewTenant(), id.NewUser()
	const code = "01ABCDEFGH11JK0"
	mine := backup.Hash(pepper, acme, alice, code)
	if !bytes.Equal(mine, backup.Hash(pepper, acme, alice, code)) || len(mine) != 32 {
		t.Fatal("not the same twice")
	}
	for name, other := range map[string][]byte{
		"another person": backup.Hash(pepper, acme, id.NewUser(), code),
		"another tenant": backup.Hash(pepper, id.NewTenant(), alice, code),
		"another pepper": backup.Hash(bytes.Repeat([]byte{2}, 32), acme, alice, code),
		"another code":   backup.Hash(pepper, acme, alice, code[:14]+"1"),
	} {
		if bytes.Equal(mine, other) {
			t.Errorf("the hash is the same for %s", name)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("01ABC-DEFGH-11JK0")
	f.Add("oil\u2014")
	f.Fuzz(func(t *testing.T, typed string) {
		clean, ok := backup.Clean(typed)
		if again, still := backup.Clean(clean); ok && (!still || again != clean || len(clean) != 15) {
			t.Fatalf("%q became %q, then %q", typed, clean, again)
		}
	})
}
