package gate_test

import (
	"encoding/json"
	"errors"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/provider/attempt"
	"sallyport/provider/gate"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// race calls each n times at once and counts the successes.
func race(n int, each func(i int) error) (succeeded int, errs []error) {
	var mu sync.Mutex
	var ready, wait sync.WaitGroup
	ready.Add(n)
	for i := range n {
		wait.Go(func() {
			ready.Done()
			ready.Wait()
			err := each(i)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				succeeded++
			} else {
				errs = append(errs, err)
			}
		})
	}
	wait.Wait()
	return succeeded, errs
}

func TestE11FiftyCallbacksOverTwoInstancesIssueOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	instances := []*gate.Gate{w.Gate, w.instance(w.database.Open(t))}
	o := w.complete(w.begin())
	n, errs := race(50, func(i int) error {
		_, err := instances[i%2].Finish(ctx, w.acme, o.id, o.binding, gate.Browser{})
		return err
	})
	if n != 1 {
		t.Errorf("%d callbacks succeeded", n)
	}
	for _, err := range errs {
		if !errors.Is(err, gate.ErrNotDone) {
			t.Errorf("error %v, want ErrNotDone", err)
		}
	}
	for table, want := range map[string]int{"sessions": 1, "grants": 1, "single_use": 1, "consents": 1} {
		if got := w.count("SELECT count(*) FROM " + table); got != want {
			t.Errorf("%d %s, want %d", got, table, want)
		}
	}
	if got := len(w.events(audit.SignInDone)); got != 1 {
		t.Errorf("%d events of one sign-in", got)
	}
}

func TestEachFactIsNeeded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.enrol()
	nobody := id.NewUser()
	missing := map[string]func(*attempt.Attempt){
		"nobody named":           func(a *attempt.Attempt) { a.User = nil },
		"somebody unknown":       func(a *attempt.Attempt) { a.User = &nobody },
		"no proof":               func(a *attempt.Attempt) { a.Facts.Proofs = nil },
		"no password":            func(a *attempt.Attempt) { a.Facts.Proofs = a.Facts.Proofs[1:] },
		"A02: no code":           func(a *attempt.Attempt) { a.Facts.Proofs = a.Facts.Proofs[:1] },
		"a code of another":      func(a *attempt.Attempt) { a.Facts.Proofs[1].Factor = id.NewFactor() },
		"an old password":        func(a *attempt.Attempt) { a.Facts.Proofs[0].At = start.Add(-25 * time.Hour) },
		"a password to come":     func(a *attempt.Attempt) { a.Facts.Proofs[0].At = start.Add(time.Hour) },
		"no consent":             func(a *attempt.Attempt) { a.Facts.Consent = nil },
		"denied":                 func(a *attempt.Attempt) { a.Facts.Denied = true },
		"a password in its name": func(a *attempt.Attempt) { a.Facts.Proofs[1].Kind = mfa.Password },
	}
	for name, spoil := range missing {
		o := w.advance(w.complete(w.begin()), spoil)
		if p, err := w.finish(o); !errors.Is(err, gate.ErrNotDone) || p.Code != "" || p.Session.Secret.Text != "" {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
	pinned := w.begin(func(s *attempt.Start) { s.Request.Subject = id.NewUser() })
	if _, err := w.finish(w.complete(pinned)); !errors.Is(err, gate.ErrNotDone) {
		t.Errorf("another subject: %v", err)
	}
	if got := w.count("SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM grants) + (SELECT count(*) FROM single_use)"); got != 0 {
		t.Errorf("%d rows were issued", got)
	}
	if _, err := w.finish(w.complete(w.begin())); err != nil {
		t.Errorf("with every fact: %v", err)
	}
}

func TestAttemptEndsToTheSecond(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.complete(w.begin())
	w.now = start.Add(time.Hour)
	if _, err := w.finish(o); !errors.Is(err, gate.ErrNotDone) {
		t.Errorf("at its end: %v", err)
	}
	w.now = start.Add(time.Hour - time.Second)
	if _, err := w.finish(o); err != nil {
		t.Errorf("a second before: %v", err)
	}
}

func TestA09WhoeverIsDisabledOnTheWayGetsNothing(t *testing.T) {
	t.Parallel()
	for what, sql := range (&world{}).disabling() {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			o := w.complete(w.begin())
			w.admin(sql)
			if p, err := w.finish(o); !errors.Is(err, gate.ErrNotDone) || p.Code != "" {
				t.Errorf("%+v, %v", p, err)
			}
		})
	}
}

func TestOtherBrowserCannotFinish(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := w.begin()
	o := w.complete(before)
	for _, binding := range []string{"", before.binding, w.begin().binding} {
		if _, err := w.finish(open{o.id, binding}); !errors.Is(err, attempt.ErrOtherBrowser) {
			t.Errorf("error %v, want ErrOtherBrowser", err)
		}
	}
}

func TestSignInIsRecordedWithWhatItRestsOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.enrol()
	o := w.complete(w.begin())
	from := gate.Browser{Agent: long("é", 150), Origin: audit.Origin{RequestID: "r-1", Address: netip.MustParseAddr("192.0.2.1")}}
	p, err := w.Finish(ctx, w.acme, o.id, o.binding, from)
	w.must(err)
	events := w.events(audit.SignInDone)
	if len(events) != 1 {
		t.Fatalf("%d events", len(events))
	}
	e := events[0]
	if e.ActorID != w.alice.String() || e.TargetID != w.alice.String() || e.RequestID != "r-1" || e.Address != "192.0.2.1" || !e.At.Equal(w.now) {
		t.Errorf("event %+v", e)
	}
	var detail map[string]any
	w.must(json.Unmarshal(e.Detail, &detail))
	want := map[string]any{"attempt": o.id.String(), "purpose": "authorize", "client": "web", "session": p.Session.ID.String(),
		"acr": "urn:sallyport:acr:aal2", "amr": []any{"pwd", "otp", "mfa"}, "rule": "enrolled", "why": "satisfied", "shadowed": nil, "policy": 1.0,
		"required": "urn:sallyport:acr:2sv", "proofs": []any{map[string]any{"kind": "password", "at": w.now},
			map[string]any{"kind": "totp", "at": w.now, "factor": w.phone}}}
	if !slices.Equal(slices.Sorted(maps.Keys(detail)), slices.Sorted(maps.Keys(want))) {
		t.Errorf("detail %v", detail)
	}
	for k, v := range want {
		if a, b := text(t, detail[k]), text(t, v); a != b {
			t.Errorf("%s is %s, want %s", k, a, b)
		}
	}
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A browser names itself as it likes; that must not stop anybody from signing in.
func TestStrangeBrowserNamesAreStored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, agent := range []string{"", "\xe9\xff", "a\x00b", "a" + long("é", 200), long("x", 5000)} {
		o := w.complete(w.begin())
		if _, err := w.Finish(ctx, w.acme, o.id, o.binding, gate.Browser{Agent: agent}); err != nil {
			t.Errorf("%.20q: %v", agent, err)
		}
	}
}

func TestConsentIsKeptAndAddsUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, scopes := range [][]string{{"openid"}, {"email", "openid"}} {
		_, err := w.finish(w.complete(w.begin(func(s *attempt.Start) { s.Request.Scopes = scopes })))
		w.must(err)
	}
	rows, err := w.Store.Tenant(w.acme).ListConsents(ctx, db.ListConsentsParams{TenantID: w.acme, UserID: w.alice})
	w.must(err)
	if len(rows) != 1 || !slices.Equal(rows[0].Scopes, []string{"email", "openid"}) {
		t.Errorf("consents %+v", rows)
	}
	if n := len(w.events(audit.ConsentGiven)); n != 2 {
		t.Errorf("%d events", n)
	}
	// What is granted is not asked for again.
	o := w.advance(w.complete(w.begin(func(s *attempt.Start) { s.Request.Scopes = []string{"email"} })), func(a *attempt.Attempt) { a.Facts.Consent = nil })
	if _, err := w.finish(o); err != nil {
		t.Error(err)
	}
}

func TestPageOfOursGetsASessionAndNoCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p, err := w.finish(w.complete(w.begin(func(s *attempt.Start) { s.Purpose, s.ClientID = attempt.Fresh, "" })))
	if err != nil || p.Code != "" || w.session(p.Session) != nil || w.count("SELECT count(*) FROM grants") != 0 {
		t.Errorf("%+v, %v", p, err)
	}
}
