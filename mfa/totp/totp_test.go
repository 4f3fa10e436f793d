package totp_test

import (
	"bytes"
	"encoding/base32"
	"fmt"
	"image/png"
	"os/exec"
	"strings"
	"testing"
	"time"

	"sallyport/mfa/totp"
)

var rfcSeed = []byte("12345678901234567890")

// RFC 6238 appendix B, SHA-1; ours are the last six of the eight digits.
var vectors = map[int64]string{59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924",
	2000000000: "69279037", 20000000000: "65353130"}

func match(t *testing.T, seed []byte, code string, at time.Time) (int64, bool) {
	t.Helper()
	step, ok, err := totp.Match(seed, code, at)
	if err != nil {
		t.Fatal(err)
	}
	return step, ok
}

func TestVectorsOfTheRFC(t *testing.T) {
	t.Parallel()
	for at, code := range vectors {
		step, ok := match(t, rfcSeed, code[2:], time.Unix(at, 0))
		if !ok || step != at/30 {
			t.Errorf("%s at %d: step %d, %v", code, at, step, ok)
		}
	}
}

func oathtool(t *testing.T, seed []byte, at time.Time) string {
	t.Helper()
	path, err := exec.LookPath("oathtool")
	if err != nil {
		t.Fatal("the program oathtool is missing; install the package oathtool: codes must agree with another implementation")
	}
	out, err := exec.Command(path, "--totp", "--base32", "--now", at.UTC().Format("2006-01-02 15:04:05 UTC"),
		base32.StdEncoding.EncodeToString(seed)).CombinedOutput()
	if err != nil {
		t.Fatalf("oathtool: %v: %s", err, out)
	}
	return strings.TrimSpace(string(out))
}

func TestAnotherImplementationAgrees(t *testing.T) {
	t.Parallel()
	for i := range 10 {
		seed, at := totp.NewSeed(), time.Unix(1767323045+int64(i)*123457, 0)
		if step, ok := match(t, seed, oathtool(t, seed, at), at); !ok || step != at.Unix()/30 {
			t.Errorf("seed %x at %v: step %d, %v", seed, at, step, ok)
		}
	}
}

func TestB03OneStepToEitherSideAndNoMore(t *testing.T) {
	t.Parallel()
	at := time.Unix(1111111111, 0)
	want := at.Unix() / 30
	for offset := int64(-3); offset <= 3; offset++ {
		step, ok := match(t, rfcSeed, "050471", at.Add(time.Duration(offset)*totp.Period))
		if near := offset >= -1 && offset <= 1; ok != near || (near && step != want) {
			t.Errorf("%d steps away: step %d, %v", offset, step, ok)
		}
	}
}

func TestB03WindowEndsToTheSecond(t *testing.T) {
	t.Parallel()
	begin := time.Unix(1111111111/30*30, 0)
	for at, want := range map[time.Time]bool{begin.Add(-31 * time.Second): false, begin.Add(-30 * time.Second): true,
		begin.Add(60*time.Second - 1): true, begin.Add(60 * time.Second): false} {
		if _, ok := match(t, rfcSeed, "050471", at); ok != want {
			t.Errorf("%v from its begin: %v", at.Sub(begin), ok)
		}
	}
}

func TestWhatIsNoCodeMatchesNothing(t *testing.T) {
	t.Parallel()
	at := time.Unix(1111111111, 0)
	for _, code := range []string{"", "05047", "14050471", "050472", "050471 ", "O50471", strings.Repeat("0", 1000)} {
		if _, ok := match(t, rfcSeed, code, at); ok {
			t.Errorf("%.20q matches", code)
		}
	}
}

func TestB05Clean(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"123456": "123456", "123 456": "123456", " 123456\r\n": "123456", "1 2 3 4 5 6": "123456", "123-456": "123456",
		"123\u00a0456": "123456", "123\u2003456": "123456", "１２３４５６": "123456", "１２３　４５６": "123456", "123－456": "123456", "①②③④⑤⑥": "123456",
		"": "", "12345": "", "1234567": "", "12345a": "", "l23456": "", "O23456": "", "123.456": "", "+123456": "", "-": "", "      ": "",
		"0x1234": "", "1e5": "", "123456\x00": "", "\xff123456": "", "123\u200b456": "", "123–456": "", "Ⅻ3456": "",
		// Apps show ASCII digits everywhere; other scripts' digits are not guessed at.
		"١٢٣٤٥٦": "", "१२३४५६": "", "12345٦": "",
		strings.Repeat(" ", 58) + "123456": "123456", strings.Repeat(" ", 59) + "123456": "", strings.Repeat("1", 100000): "",
	} {
		got, ok := totp.Clean(typed)
		if ok != (want != "") || (ok && got != want) {
			t.Errorf("%.40q: %q, %v", typed, got, ok)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("１２３ 456")
	f.Add("١٢٣٤٥٦")
	f.Fuzz(func(t *testing.T, typed string) {
		clean, ok := totp.Clean(typed)
		if !ok {
			return
		}
		if again, ok := totp.Clean(clean); !ok || again != clean || len(clean) != 6 || strings.Trim(clean, "0123456789") != "" {
			t.Fatalf("%q became %q", typed, clean)
		}
	})
}

func TestR6SeedsAreLongAndUnique(t *testing.T) {
	t.Parallel()
	a, b := totp.NewSeed(), totp.NewSeed()
	if len(a) != 20 || bytes.Equal(a, b) || bytes.Equal(a, make([]byte, 20)) {
		t.Errorf("seeds %x and %x", a, b)
	}
}

func TestGroupsAreTheSeed(t *testing.T) {
	t.Parallel()
	groups := totp.Groups(rfcSeed)
	if fmt.Sprint(groups) != "[GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ]" {
		t.Errorf("groups %v", groups)
	}
}

func TestQRIsADrawingOfTheAskedSize(t *testing.T) {
	t.Parallel()
	for _, account := range []string{"alice@acme.test", strings.Repeat("å", 200) + "@acme.test"} {
		b, err := totp.QR(rfcSeed, "Acme", account, 256)
		if err != nil {
			t.Fatal(err)
		}
		image, err := png.Decode(bytes.NewReader(b))
		if err != nil || image.Bounds().Dx() != 256 || image.Bounds().Dy() != 256 {
			t.Errorf("%v, %v", image.Bounds(), err)
		}
	}
}
