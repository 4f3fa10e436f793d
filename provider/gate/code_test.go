package gate_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"sallyport/mfa/policy"
	"sallyport/provider/attempt"
	"sallyport/provider/gate"
	"sallyport/provider/token"
	"sallyport/storage/audit"
)

func TestCodeGivesTokensOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.signIn()
	out, err := w.redeem(p.Code)
	w.must(err)
	if !w.live(out.Access) || out.Nonce != "n-1" || out.Slug != "acme" || out.User.ID != w.alice || out.Grant.SessionID != p.Session.ID ||
		!out.Expires.Equal(w.now.Add(lives.Access)) || !slices.Equal(out.Scopes, []string{"openid", "email", "offline_access"}) {
		t.Errorf("tokens %+v", out)
	}
	if again, err := w.redeem(p.Code); !errors.Is(err, gate.ErrGrant) || again.Access.Text != "" {
		t.Errorf("second redemption: %+v, %v", again, err)
	}
	// RFC 6749 4.1.2: what came of it ends.
	if w.live(out.Access) {
		t.Error("the first redemption's access token lives on")
	}
	if _, err := w.refresh(out.Refresh); !errors.Is(err, gate.ErrGrant) {
		t.Errorf("the first redemption's refresh token: %v", err)
	}
	if n := len(w.events(audit.CodeReused)); n != 1 {
		t.Errorf("%d alarms", n)
	}
}

func TestE01WrongHandsBurnTheCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := long("x", 43)
	for name, spoil := range map[string]func(*gate.CodeRequest){
		"another client":           func(r *gate.CodeRequest) { r.ClientID = "web2" },
		"no client":                func(r *gate.CodeRequest) { r.ClientID = "" },
		"another redirect":         func(r *gate.CodeRequest) { r.RedirectURI = redirect + "/" },
		"no redirect":              func(r *gate.CodeRequest) { r.RedirectURI = "" },
		"no verifier":              func(r *gate.CodeRequest) { r.Verifier = "" },
		"another verifier":         func(r *gate.CodeRequest) { r.Verifier = other },
		"the challenge itself":     func(r *gate.CodeRequest) { r.Verifier = challenge(verifier) },
		"a verifier with an end":   func(r *gate.CodeRequest) { r.Verifier = verifier + "=" },
		"a verifier without start": func(r *gate.CodeRequest) { r.Verifier = verifier[1:] },
	} {
		code := w.signIn().Code
		if _, err := w.redeem(code, spoil); !errors.Is(err, gate.ErrGrant) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := w.redeem(code); !errors.Is(err, gate.ErrGrant) {
			t.Errorf("%s: the code survived: %v", name, err)
		}
	}
	if n := w.count("SELECT count(*) FROM grants WHERE ended_at IS NULL"); n != 0 {
		t.Errorf("%d grants live on", n)
	}
	if n := w.count("SELECT count(*) FROM access_tokens"); n != 0 {
		t.Errorf("%d access tokens were issued", n)
	}
}

// RFC 7636 4.1: 43 to 128 characters, also when the challenge was made from another length.
func TestE03VerifierBounds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for length, want := range map[int]error{42: gate.ErrGrant, 43: nil, 128: nil, 129: gate.ErrGrant} {
		v := long("v", length)
		p, err := w.finish(w.complete(w.begin(func(s *attempt.Start) { s.Request.Challenge = challenge(v) })))
		w.must(err)
		if _, err := w.redeem(p.Code, func(r *gate.CodeRequest) { r.Verifier = v }); !errors.Is(err, want) {
			t.Errorf("%d characters: %v, want %v", length, err, want)
		}
	}
}

// RFC 9700 4.8.2: a verifier where no challenge was means that somebody took it away.
func TestE03VerifierWithoutChallengeIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	plain := func() string {
		p, err := w.finish(w.complete(w.begin(func(s *attempt.Start) { s.Request.Challenge = "" })))
		w.must(err)
		return p.Code
	}
	if _, err := w.redeem(plain()); !errors.Is(err, gate.ErrGrant) {
		t.Errorf("with a verifier: %v", err)
	}
	if _, err := w.redeem(plain(), func(r *gate.CodeRequest) { r.Verifier = "" }); err != nil {
		t.Errorf("without either: %v", err)
	}
}

func TestCodeExpiresToTheSecond(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code := w.signIn().Code
	w.now = start.Add(lives.Code)
	if _, err := w.redeem(code); !errors.Is(err, gate.ErrGrant) {
		t.Errorf("at its end: %v", err)
	}
	// It was not spent and nobody is alarmed: the client was slow, that is all.
	w.now = start.Add(lives.Code - time.Second)
	if _, err := w.redeem(code); err != nil {
		t.Errorf("a second before: %v", err)
	}
	if n := len(w.events(audit.CodeReused)); n != 0 {
		t.Errorf("%d alarms", n)
	}
}

func TestE02FiftyRedemptionsOverTwoInstances(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	instances := []*gate.Gate{w.Gate, w.instance(w.database.Open(t))}
	code := w.signIn().Code
	n, errs := race(50, func(i int) error {
		_, err := instances[i%2].RedeemCode(ctx, gate.CodeRequest{Code: code, ClientID: "web", RedirectURI: redirect, Verifier: verifier, Refreshes: true})
		return err
	})
	w.afterRace(n, errs, audit.CodeReused)
}

// afterRace: one at most got through, and whoever lost a race raised the alarm: the loser may be the owner.
func (w *world) afterRace(n int, errs []error, alarm audit.Kind) {
	w.t.Helper()
	if n > 1 {
		w.t.Errorf("%d succeeded", n)
	}
	for _, err := range errs {
		if !errors.Is(err, gate.ErrGrant) {
			w.t.Errorf("error %v, want ErrGrant", err)
		}
	}
	if live := w.count("SELECT count(*) FROM grants WHERE ended_at IS NULL"); live != 0 {
		w.t.Errorf("%d grants live on", live)
	}
	if len(w.events(alarm)) == 0 {
		w.t.Error("no alarm")
	}
}

func TestRepeatedReplayAlarmsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code := w.signIn().Code
	_, err := w.redeem(code)
	w.must(err)
	for range 5 {
		if _, err := w.redeem(code); !errors.Is(err, gate.ErrGrant) {
			t.Error(err)
		}
	}
	if n := len(w.events(audit.CodeReused)); n != 1 {
		t.Errorf("%d alarms", n)
	}
}

func TestE10WhatIsNoCodeIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.signIn()
	out, err := w.redeem(p.Code)
	w.must(err)
	for name, s := range map[string]string{"nothing": "", "an access token": out.Access.Text, "a refresh token": out.Refresh.Text,
		"a session": p.Session.Secret.Text, "never issued": token.New(token.Code, w.acme).Text, "a longer one": p.Code + "A", "words": "code"} {
		if _, err := w.redeem(s); !errors.Is(err, gate.ErrGrant) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !w.live(out.Access) {
		t.Error("somebody's guess ended the grant")
	}
	if _, err := w.Refresh(ctx, gate.RefreshRequest{Token: p.Code, ClientID: "web"}); !errors.Is(err, gate.ErrGrant) {
		t.Errorf("a code as refresh token: %v", err)
	}
}

func TestA09CodeOfWhoeverIsDisabledIsRefused(t *testing.T) {
	t.Parallel()
	for what, sql := range (&world{}).disabling() {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			code := w.signIn().Code
			w.admin(sql)
			if _, err := w.redeem(code); !errors.Is(err, gate.ErrGrant) {
				t.Errorf("error %v, want ErrGrant", err)
			}
		})
	}
}

func TestCodeOfAnEndedSessionIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.signIn()
	w.endSession(p.Session.ID)
	if _, err := w.redeem(p.Code); !errors.Is(err, gate.ErrGrant) {
		t.Errorf("error %v, want ErrGrant", err)
	}
	if n := len(w.events(audit.CodeReused)); n != 0 {
		t.Errorf("%d alarms: the person signed out, that is all", n)
	}
}

func TestCodeIsJudgedByThePolicyOfToday(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code := w.signIn().Code
	w.setPolicy(func(p *policy.Policy) { p.SecondFactor = policy.Required })
	if _, err := w.redeem(code); !errors.Is(err, gate.ErrPolicy) {
		t.Errorf("error %v, want ErrPolicy", err)
	}
}

func TestRefreshTokenOnlyWhereBothWantIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	out, err := w.redeem(w.signIn().Code, func(r *gate.CodeRequest) { r.Refreshes = false })
	if err != nil || out.Refresh.Text != "" {
		t.Errorf("a client that may not: %q, %v", out.Refresh.Text, err)
	}
	p, err := w.finish(w.complete(w.begin(func(s *attempt.Start) { s.Request.Scopes = []string{"openid"} })))
	w.must(err)
	out, err = w.redeem(p.Code)
	if err != nil || out.Refresh.Text != "" {
		t.Errorf("without offline_access: %q, %v", out.Refresh.Text, err)
	}
}
