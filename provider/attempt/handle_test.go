package attempt_test

import (
	"strings"
	"testing"

	"sallyport/provider/attempt"
	"sallyport/storage/id"
)

func TestHandleReadsBack(t *testing.T) {
	t.Parallel()
	for _, tenant := range []id.Tenant{id.Lobby, id.NewTenant()} {
		a := attempt.Attempt{Tenant: tenant, ID: id.NewAttempt()}
		gotTenant, gotID, ok := attempt.ParseHandle(a.Handle())
		if !ok || gotTenant != a.Tenant || gotID != a.ID {
			t.Errorf("%s: %v %v %v", a.Handle(), gotTenant, gotID, ok)
		}
	}
}

func TestMalformedHandlesAreRefused(t *testing.T) {
	t.Parallel()
	a := attempt.Attempt{Tenant: id.NewTenant(), ID: id.NewAttempt()}
	good := a.Handle()
	for _, s := range []string{"", "x", good[:len(good)-1], good + "A", good + "=", good + "==", good + "\n", good[:20] + "\r\n" + good[20:],
		" " + good, good + " ", strings.Repeat("A", 42), strings.Repeat("A", 44), strings.Repeat("/", 43), strings.Repeat("+", 43),
		strings.Repeat("A", 42) + "B", "../" + good[3:], strings.Repeat("\n", 43), good + good} {
		if _, _, ok := attempt.ParseHandle(s); ok {
			t.Errorf("accepted %q", s)
		}
	}
}

func TestEachAttemptHasACookieOfItsOwn(t *testing.T) {
	t.Parallel()
	a, b := attempt.Cookie(id.NewAttempt()), attempt.Cookie(id.NewAttempt())
	if a == b || strings.ContainsAny(a, "=;, \t\"") {
		t.Errorf("%s and %s", a, b)
	}
}

func FuzzParseHandle(f *testing.F) {
	a := attempt.Attempt{Tenant: id.NewTenant(), ID: id.NewAttempt()}
	f.Add(a.Handle())
	f.Add(a.Handle() + "\n")
	f.Add(strings.Repeat("A", 42) + "B")
	f.Fuzz(func(t *testing.T, s string) {
		tenant, i, ok := attempt.ParseHandle(s)
		if again := (&attempt.Attempt{Tenant: tenant, ID: i}); ok && again.Handle() != s {
			t.Fatalf("%q is a second spelling of %q", s, again.Handle())
		}
	})
}
