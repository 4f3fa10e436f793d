package domain_test

import (
	"errors"
	"strings"
	"testing"

	"sallyport/provider/domain"
)

func TestNamesHaveOneSpelling(t *testing.T) {
	t.Parallel()
	long := strings.Repeat(strings.Repeat("a", 57)+".", 4) // 232 characters with what follows less the dot
	for name, want := range map[string]string{
		"acme.example": "acme.example", "ACME.Example.": "acme.example", " mail.acme.example ": "mail.acme.example",
		"xn--bcher-kva.example": "xn--bcher-kva.example", "XN--BCHER-KVA.EXAMPLE": "xn--bcher-kva.example", "4.acme.example": "4.acme.example",
		long[1:] + "no": "", long[3:] + "no": long[3:] + "no",
		"": "", ".": "", "com": "", "localhost": "", "com.": "", "192.0.2.1": "", "[192.0.2.1]": "", "2001:db8::1": "",
		"bücher.example": "", "ａcme.example": "", "\u212Aerberos.example": "", "acme..example": "", ".acme.example": "", "acme.example..": "",
		"-acme.example": "", "acme-.example": "", "ac_me.example": "", "*.acme.example": "", "acme.example/": "", "acme example.no": "",
		"kari@acme.example": "", "https://acme.example": "", strings.Repeat("a", 64) + ".example": "", "acme.example\x00": "", "acme.e": "",
	} {
		got, err := domain.Canonical(name)
		if got != want || (err == nil) != (want != "") || err != nil && !errors.Is(err, domain.ErrName) {
			t.Errorf("%q: %q, %v", name, got, err)
		}
	}
}

func TestLongestNameLeavesRoomForItsRecord(t *testing.T) {
	t.Parallel()
	fits := strings.Repeat(strings.Repeat("a", 57)+".", 4)[:229] + ".no"
	for name, want := range map[string]bool{fits: true, "a" + fits: false} {
		got, err := domain.Canonical(name)
		if (err == nil) != want {
			t.Errorf("%d characters: %v", len(name), err)
		}
		if host, _ := domain.Record(got, "x"); err == nil && len(host) != 253 {
			t.Errorf("the record is at a name of %d characters", len(host))
		}
	}
}

func TestRefusalsSayWhatToDo(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"bücher.example": "xn--", "com": "registry", "acme..example": "example.com"} {
		if _, err := domain.Canonical(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q in it", name, err, want)
		}
	}
}

// An address that could be read in two ways is in nobody's domain.
func TestR17DomainOfAnAddress(t *testing.T) {
	t.Parallel()
	for email, want := range map[string]string{
		"kari@acme.example": "acme.example", "Kari@ACME.Example": "acme.example", "kari@acme.example.": "acme.example", "kari@ａcme.example": "acme.example",
		"kari@mail.acme.example": "mail.acme.example", "kari+acme.example@globex.example": "globex.example",
		"": "", "kari": "", "acme.example": "", "kari@": "", "kari@localhost": "", "kari@[192.0.2.1]": "", "kari@bücher.example": "",
		"kari@acme.example@globex.example": "", `"kari@acme.example"@globex.example`: "", "kari@globex.example＠acme.example": "",
		"kari@acme.example,eve@globex.example": "", "kari@acme.example\n": "acme.example", "kari@acme.example\x00": "",
	} {
		if got := domain.Of(email); got != want {
			t.Errorf("%q: %q, want %q", email, got, want)
		}
	}
}

func FuzzDomainOfAnAddressIsCanonicalOrNone(f *testing.F) {
	f.Add("kari@ACME.example.")
	f.Add("kari@ａcme.example")
	f.Fuzz(func(t *testing.T, email string) {
		got := domain.Of(email)
		if again, err := domain.Canonical(got); got != "" && (err != nil || again != got) {
			t.Errorf("%q: %q becomes %q, %v", email, got, again, err)
		}
		if got != "" && domain.Of("kari@"+got) != got {
			t.Errorf("%q is not its own domain", got)
		}
	})
}
