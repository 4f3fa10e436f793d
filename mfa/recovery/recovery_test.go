package recovery_test

import (
	"bytes"
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/factortest"
	"sallyport/mfa/recovery"
	"sallyport/storage/id"
)

var pepper = bytes.Repeat([]byte{7}, 32)

// person has a code of that length that is good for that many uses.
func person(t *testing.T, length, uses int) factortest.Person {
	t.Helper()
	c := mfa.Claim{Now: time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC), Tenant: id.NewTenant(), User: id.NewUser(), Attempt: id.NewAttempt()}
	code := recovery.Generate(length)
	clean, ok := recovery.Clean(code)
	if !ok {
		t.Fatalf("%q does not read back", code)
	}
	c.Hashes = recovery.Hashes(pepper, c.Tenant, c.User, clean, uses)
	return factortest.Person{Claim: c, Answer: func(time.Time) string { return code }, Wrong: func() string { return recovery.Generate(length) }}
}

func TestAccessCodesAreAFactor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ length, uses int }{{8, 1}, {12, 1}, {12, 3}, {32, 10}} {
		t.Run(fmt.Sprint(c.length, " symbols for ", c.uses), func(t *testing.T) {
			t.Parallel()
			factortest.Run(t, factortest.Subject{Factor: recovery.Factor{Pepper: pepper}, Typed: true,
				Enrol: func(t *testing.T) factortest.Person { return person(t, c.length, c.uses) }})
		})
	}
}

func TestC11CodeIsRightAsOftenAsItWasIssuedFor(t *testing.T) {
	t.Parallel()
	for uses := 1; uses <= recovery.MostUses; uses++ {
		p := person(t, 12, uses)
		clean, _ := recovery.Clean(p.Answer(p.Claim.Now))
		for n := 0; ; n++ {
			m, ok, err := recovery.Factor{Pepper: pepper}.Verify(clean, p.Claim)
			if err != nil || ok != (n < uses) {
				t.Fatalf("use %d of %d: %v, %v", n+1, uses, ok, err)
			}
			if !ok {
				break
			}
			if !bytes.Equal(m.Hash, p.Claim.Hashes[0]) {
				t.Fatalf("use %d of %d is not the first that is left", n+1, uses)
			}
			p.Claim.Hashes = p.Claim.Hashes[1:]
		}
	}
}

func TestUsesStayInBounds(t *testing.T) {
	t.Parallel()
	for uses, want := range map[int]int{-1: 1, 0: 1, 1: 1, 7: 7, 10: 10, 11: 10, 1000: 10} {
		if got := recovery.Hashes(pepper, id.NewTenant(), id.NewUser(), "ABCDEFGH", uses); len(got) != want {
			t.Errorf("%d uses are %d, want %d", uses, len(got), want)
		}
	}
}

func TestCodesHaveAtLeast40BitsAndTheAskedLength(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^([0-9A-HJKMNP-TV-Z]{4}-)*[0-9A-HJKMNP-TV-Z]{1,4}$`)
	for length, want := range map[int]int{-1: 8, 0: 8, 7: 8, 8: 8, 9: 9, 12: 12, 32: 32, 33: 32, 1000: 32} {
		code := recovery.Generate(length)
		if !form.MatchString(code) || len(strings.ReplaceAll(code, "-", "")) != want || code == recovery.Generate(length) {
			t.Errorf("of length %d: %q", length, code)
		}
	}
	symbols := map[rune]bool{}
	for range 1000 {
		for _, r := range strings.ReplaceAll(recovery.Generate(recovery.Shortest), "-", "") {
			symbols[r] = true
		}
	}
	if bits := recovery.Shortest * math.Log2(float64(len(symbols))); bits < 40 {
		t.Errorf("%d symbols in use: %.1f bits", len(symbols), bits)
	}
}

func TestB05CodeIsReadHoweverItIsTyped(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"01AB-CDEF-GH11": "01ABCDEFGH11", "oiab cdef ghil": "01ABCDEFGH11", "０１ａｂ－ＣＤＥＦ－ＧＨｌＩ": "01ABCDEFGH11", "01AB\u2013CDEF\u2014GH11\r\n": "01ABCDEFGH11",
		"01ABCDEF": "01ABCDEF", strings.Repeat("7", 32): strings.Repeat("7", 32),
		"": "", "123456": "", "01ABCDE": "", strings.Repeat("7", 33): "", "01AB-CDEU": "", "01AB_CDEF": "", "01ABCDEF\x00": "", strings.Repeat("-", 200) + "01ABCDEF": "",
	} {
		if got, ok := recovery.Clean(typed); ok != (want != "") || ok && got != want {
			t.Errorf("%.40q is %q, %v", typed, got, ok)
		}
	}
}

func TestB09HashBelongsToOneOwnerUseAndPepper(t *testing.T) {
	t.Parallel()
	acme, alice := id.NewTenant(), id.NewUser()
	const code = "01ABCDEFGH11"
	mine := recovery.Hash(pepper, acme, alice, code, 0)
	if !bytes.Equal(mine, recovery.Hash(pepper, acme, alice, code, 0)) || len(mine) != 32 {
		t.Fatal("not the same twice")
	}
	for name, other := range map[string][]byte{
		"another person": recovery.Hash(pepper, acme, id.NewUser(), code, 0),
		"another tenant": recovery.Hash(pepper, id.NewTenant(), alice, code, 0),
		"another pepper": recovery.Hash(pepper[1:], acme, alice, code, 0),
		"another use":    recovery.Hash(pepper, acme, alice, code, 1),
		"another code":   recovery.Hash(pepper, acme, alice, code+"1", 0),
	} {
		if bytes.Equal(mine, other) {
			t.Errorf("the hash is the same for %s", name)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("01AB-CDEF-GH11")
	f.Add("oil\u2014")
	f.Fuzz(func(t *testing.T, typed string) {
		clean, ok := recovery.Clean(typed)
		if again, still := recovery.Clean(clean); ok && (!still || again != clean || len(clean) < recovery.Shortest || len(clean) > recovery.Longest) {
			t.Fatalf("%q became %q, then %q", typed, clean, again)
		}
	})
}
