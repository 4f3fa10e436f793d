package sms_test

import (
	"errors"
	"strings"
	"testing"

	"sallyport/provider/notify/sms"
)

func TestNumberIsReadAsItIsTyped(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ raw, country, number, region string }{
		{"912 34 512", "NO", "+4791234512", "NO"},
		{"+47 912 34 512", "", "+4791234512", "NO"},
		{"0047 91234512", "no", "+4791234512", "NO"},
		{"+47 (912) 34-512", "US", "+4791234512", "NO"},
		{"07400 123456", "GB", "+447400123456", "GB"},
		{"(201) 555-0123", "US", "+12015550123", "US"},
		{"+1 204 234 5678", "US", "+12042345678", "CA"},
		{"0151 23456789", "DE", "+4915123456789", "DE"},
		{"٠٥٠ ١٢٣ ٤٥٦٧", "AE", "+971501234567", "AE"},
	} {
		number, region, err := sms.Number(c.raw, c.country)
		if err != nil || number != c.number || region != c.region {
			t.Errorf("%q in %s: %s, %s, %v", c.raw, c.country, number, region, err)
		}
	}
}

func TestI07NumberWithSeparatorsIsNone(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"", "+", "x", "91234512,91234513", "91234512;91234513", "91234512\r\nTo: 1", "91234512\n", "91234512\t", "91234512 ext. 5",
		"91234512#5", "*91234512", "tel:+4791234512", "+4791234512;ext=5", "1-800-FLOWERS", "+4791234512\x00", "\u202e91234512", "9123451", "912345123",
		"+4791234512&to=1", strings.Repeat("9", 100_000), "\xff"} {
		if number, _, err := sms.Number(raw, "NO"); !errors.Is(err, sms.ErrNumber) {
			t.Errorf("%.40q is %q, %v, want ErrNumber", raw, number, err)
		}
	}
	if _, _, err := sms.Number("91234512", "XX"); !errors.Is(err, sms.ErrNumber) {
		t.Errorf("a country that is none: %v", err)
	}
}

func TestJ05OnlyMobileNumbersPass(t *testing.T) {
	t.Parallel()
	for kind, raw := range map[string]string{
		"premium, Norway":   "+47 829 12 345",
		"premium, US":       "+1 900 234 5678",
		"premium, UK":       "+44 909 879 0000",
		"toll free, Norway": "+47 800 12 345",
		"toll free, US":     "+1 800 234 5678",
		"shared, Norway":    "+47 810 12 345",
		"shared, UK":        "+44 843 123 4567",
		"VoIP, UK":          "+44 56 1234 5678",
		"VoIP, Norway":      "+47 850 12 345",
		"fixed, Norway":     "+47 22 12 34 56",
		"personal, UK":      "+44 70 1234 5678",
		"pager, UK":         "+44 76 4012 3456",
		"satellite":         "+881 6 1234 5678",
		"international":     "+883 5100 12345678",
		"premium, world":    "+979 123 456 789",
		"toll free, world":  "+800 1234 5678",
	} {
		if number, region, err := sms.Number(raw, ""); !errors.Is(err, sms.ErrNumber) {
			t.Errorf("%s: %s of %q, %v, want ErrNumber", kind, number, region, err)
		}
	}
}

func TestMaskShowsCountryAndLastDigits(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]string{
		"+4791234512":    "+47 ••• •• 512",
		"+12015550123":   "+1 ••• ••• • 123",
		"+4915123456789": "+49 ••• ••• •• 789",
		"+390612345678":  "+39 ••• ••• • 678",
		"":               "•••",
		"kari@acme.test": "•••",
		"91234512":       "•••",
	} {
		if got := sms.Mask(number); got != want {
			t.Errorf("%s: %s, want %s", number, got, want)
		}
	}
}

func TestJ05PrefixIsThatOfABlock(t *testing.T) {
	t.Parallel()
	if a, b := sms.Prefix("+4791230000"), sms.Prefix("+4791239999"); a != b || a != "+479123" {
		t.Errorf("%s and %s, want one block", a, b)
	}
	if a, b := sms.Prefix("+4791230000"), sms.Prefix("+4791240000"); a == b {
		t.Errorf("%s and %s, want two blocks", a, b)
	}
	if got := sms.Prefix("+4"); got != "+4" {
		t.Error(got)
	}
}

func FuzzNumber(f *testing.F) {
	for _, raw := range []string{"912 34 512", "+47 912 34 512", "0047 91234512", "(201) 555-0123", "+1 204 234 5678", "+39 347 1234567", "٠٥٠ ١٢٣ ٤٥٦٧",
		"+54 9 11 2345 6789", "0 11 15-2345-6789", "+52 1 55 1234 5678", "++4791234512", "+()", "\xff", "+882 16 1234567"} {
		for _, country := range []string{"", "NO", "US", "AR", "IT", "001", "zz", "\x00"} {
			f.Add(raw, country)
		}
	}
	f.Fuzz(func(t *testing.T, raw, country string) {
		number, region, err := sms.Number(raw, country)
		if err != nil {
			if !errors.Is(err, sms.ErrNumber) || number != "" || region != "" {
				t.Fatalf("%q, %q: %q, %q, %v", raw, country, number, region, err)
			}
			return
		}
		again, same, err := sms.Number(number, "")
		if again != number || same != region || err != nil || len(region) != 2 {
			t.Fatalf("%q, %q: %s of %s, then %s of %s, %v", raw, country, number, region, again, same, err)
		}
		if hidden := sms.Mask(number); !strings.HasSuffix(hidden, " "+number[len(number)-3:]) || strings.Count(hidden, "•") < 3 {
			t.Fatalf("%s is shown as %s", number, hidden)
		}
		if p := sms.Prefix(number); len(p) >= len(number) || !strings.HasPrefix(number, p) {
			t.Fatalf("%s has prefix %s", number, p)
		}
	})
}
