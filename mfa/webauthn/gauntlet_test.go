package webauthn_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/webauthn"
	"sallyport/mfa/webauthn/webauthntest"
	"sallyport/storage/id"
)

func TestK01ForeignCredentialProvesNothing(t *testing.T) {
	t.Parallel()
	alice, mallory := enrolled(t), enrolled(t)
	for what, handle := range map[string][]byte{"mallory's handle": nil, "alice's handle": webauthn.Handle(alice.claim.Tenant, alice.claim.User), "no handle": {}} {
		mallory.UserHandle = handle
		answer := mallory.answerTo(t, alice.claim.Challenge, mallory.claim.Secrets)
		alice.refuses(t, what, answer)
		moved := *alice // somebody has put mallory's record into a row of alice's
		moved.claim.Secrets = slices.Concat(alice.claim.Secrets, mallory.claim.Secrets)
		moved.refuses(t, what+", record moved", answer)
	}
}

func TestK01HandleOfAnotherIsRefused(t *testing.T) {
	t.Parallel()
	p, other := enrolled(t), enrolled(t)
	for what, handle := range map[string][]byte{"another user": webauthn.Handle(p.claim.Tenant, other.claim.User),
		"another tenant": webauthn.Handle(other.claim.Tenant, p.claim.User), "short": {1}, "the user alone": p.claim.User.UUID[:]} {
		p.UserHandle = handle
		p.refuses(t, what, p.answer(t))
	}
	p.UserHandle = []byte{} // a credential that is not discoverable says none
	if _, ok := p.judge(t, p.answer(t)); !ok {
		t.Error("an answer without a handle is refused")
	}
}

func TestOwnerIsWhomADiscoverableCredentialNames(t *testing.T) {
	t.Parallel()
	p := enrolled(t)
	tenant, user, ok := webauthn.Owner(p.answerTo(t, p.challenge(webauthn.Passkey, 1), nil))
	if !ok || tenant != p.claim.Tenant || user != p.claim.User {
		t.Errorf("%v, %v, %v", tenant, user, ok)
	}
	p.UserHandle = []byte{}
	if _, _, ok := webauthn.Owner(p.answer(t)); ok {
		t.Error("somebody is named where nobody is")
	}
	if _, _, ok := webauthn.Owner("{}"); ok {
		t.Error("garbage names somebody")
	}
	for _, handle := range [][]byte{nil, make([]byte, 32), webauthn.Handle(id.Lobby, p.claim.User), webauthn.Handle(p.claim.Tenant, id.User{}),
		append(webauthn.Handle(p.claim.Tenant, p.claim.User), 0)} {
		if _, _, ok := webauthn.ParseHandle(handle); ok {
			t.Errorf("%x names somebody", handle)
		}
	}
}

func TestK03RegistrationFinishesOnlyWhereItBegan(t *testing.T) {
	t.Parallel()
	mallory, alice := stranger(t), stranger(t)
	response := mallory.respond(t, webauthn.Rules{})
	if _, err := alice.f.Register(response, alice.claim.Challenge, alice.self(), webauthn.Rules{}); !errors.Is(err, webauthn.ErrResponse) {
		t.Errorf("mallory's response in alice's attempt: %v", err)
	}
	c, err := mallory.f.Register(response, mallory.claim.Challenge, mallory.self(), webauthn.Rules{})
	if err != nil {
		t.Fatal(err)
	}
	alice.claim.Secrets = []mfa.Secret{{Factor: id.NewFactor(), Secret: c.Secret, Counter: c.Counter}}
	mallory.UserHandle = webauthn.Handle(alice.claim.Tenant, alice.claim.User)
	alice.refuses(t, "mallory's credential in alice's row", mallory.answerTo(t, alice.claim.Challenge, nil))
}

func TestK04ChallengeIsBoundToAllThatItIsFor(t *testing.T) {
	t.Parallel()
	tenant, attempt := id.NewTenant(), id.NewAttempt()
	all := [][]byte{
		webauthn.Challenge(key, webauthn.Second, tenant, attempt, 1, noon),
		webauthn.Challenge([]byte("another key"), webauthn.Second, tenant, attempt, 1, noon),
		webauthn.Challenge(key, webauthn.Registration, tenant, attempt, 1, noon),
		webauthn.Challenge(key, webauthn.Passkey, tenant, attempt, 1, noon),
		webauthn.Challenge(key, webauthn.Second, id.NewTenant(), attempt, 1, noon),
		webauthn.Challenge(key, webauthn.Second, tenant, id.NewAttempt(), 1, noon),
		webauthn.Challenge(key, webauthn.Second, tenant, attempt, 2, noon),
		webauthn.Challenge(key, webauthn.Second, tenant, attempt, 1, noon.Add(time.Second)),
	}
	seen := map[string]bool{}
	for i, c := range all {
		if len(c) != 32 || seen[string(c)] {
			t.Errorf("challenge %d: %x", i, c)
		}
		seen[string(c)] = true
	}
	if again := webauthn.Challenge(key, webauthn.Second, tenant, attempt, 1, noon.Add(time.Millisecond).Local()); string(again) != string(all[0]) {
		t.Error("the same challenge is derived differently where clocks have other zones or fractions")
	}
}

func TestK04AnswerCountsForOnePurposeAttemptAndVersion(t *testing.T) {
	t.Parallel()
	p, other := enrolled(t), enrolled(t)
	for what, challenge := range map[string][]byte{"for registration": p.challenge(webauthn.Registration, 2), "for a passkey": p.challenge(webauthn.Passkey, 2),
		"before an accepted answer": p.challenge(webauthn.Second, 1), "after one": p.challenge(webauthn.Second, 3), "in another attempt": other.challenge(webauthn.Second, 2)} {
		p.refuses(t, what, p.answerTo(t, challenge, p.claim.Secrets))
	}
	response := p.answer(t)
	if _, err := p.f.Register(response, p.claim.Challenge, p.self(), webauthn.Rules{}); !errors.Is(err, webauthn.ErrResponse) {
		t.Errorf("an assertion as a registration: %v", err)
	}
	p.Type = "webauthn.create"
	p.refuses(t, "signed as a registration", p.answer(t))
	q := stranger(t)
	q.Type = "webauthn.get"
	if _, err := q.f.Register(q.respond(t, webauthn.Rules{}), q.claim.Challenge, q.self(), webauthn.Rules{}); !errors.Is(err, webauthn.ErrResponse) {
		t.Errorf("signed as an assertion: %v", err)
	}
}

func TestK04ChallengeDiesAfterFiveMinutes(t *testing.T) {
	t.Parallel()
	for age, want := range map[time.Duration]bool{0: true, webauthn.Life - 1: true, webauthn.Life: false, time.Hour: false,
		-30 * time.Second: true, -31 * time.Second: false, -time.Hour: false} {
		if webauthn.Fresh(noon.Add(-age), noon) != want {
			t.Errorf("issued %v ago: %v", age, !want)
		}
	}
	if webauthn.Life != 5*time.Minute {
		t.Errorf("life is %v", webauthn.Life)
	}
}

func TestK04WithoutAChallengeNothingIsJudged(t *testing.T) {
	t.Parallel()
	p := enrolled(t)
	p.ClientData = func(d map[string]any) { d["challenge"] = "" }
	answer, _ := p.f.Clean(p.answer(t))
	for _, challenge := range [][]byte{nil, {}, make([]byte, 15)} {
		p.claim.Challenge = challenge
		if _, ok, err := p.f.Verify(answer, p.claim); ok || !errors.Is(err, webauthn.ErrChallenge) {
			t.Errorf("challenge %x: %v, %v", challenge, ok, err)
		}
		if _, err := p.f.Request(challenge, nil, true); !errors.Is(err, webauthn.ErrChallenge) {
			t.Errorf("request with challenge %x: %v", challenge, err)
		}
		if _, err := p.f.Register("{}", challenge, p.self(), webauthn.Rules{}); !errors.Is(err, webauthn.ErrChallenge) {
			t.Errorf("registration with challenge %x: %v", challenge, err)
		}
	}
}

func TestK05PresenceAndVerificationAreDemanded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ present, verified, demanded, ok bool }{
		{true, true, true, true}, {true, true, false, true}, {true, false, false, true},
		{true, false, true, false}, {false, true, true, false}, {false, true, false, false}, {false, false, false, false},
	} {
		p := enrolled(t)
		p.UserPresent, p.UserVerified, p.claim.UserVerification = c.present, c.verified, c.demanded
		m, ok := p.judge(t, p.answer(t))
		if ok != c.ok || m.UserVerified != (c.ok && c.verified) {
			t.Errorf("%+v: %+v, %v", c, m, ok)
		}
	}
}

func TestK05PresenceIsDemandedWhenEnrolling(t *testing.T) {
	t.Parallel()
	p := stranger(t)
	p.UserPresent = false
	if _, err := p.f.Register(p.respond(t, webauthn.Rules{}), p.claim.Challenge, p.self(), webauthn.Rules{}); !errors.Is(err, webauthn.ErrResponse) {
		t.Errorf("nobody was there: %v", err)
	}
}

// strange are the places an answer must not come from.
var strange = map[string]func(a *webauthntest.Authenticator){
	"a suffix":               func(a *webauthntest.Authenticator) { a.Origin = "https://evil-id.acme.test:8443" },
	"a longer name":          func(a *webauthntest.Authenticator) { a.Origin = "https://id.acme.test.evil.test:8443" },
	"http":                   func(a *webauthntest.Authenticator) { a.Origin = "http://id.acme.test:8443" },
	"another port":           func(a *webauthntest.Authenticator) { a.Origin = "https://id.acme.test" },
	"a subdomain":            func(a *webauthntest.Authenticator) { a.Origin = "https://a.id.acme.test:8443" },
	"the parent":             func(a *webauthntest.Authenticator) { a.Origin = "https://acme.test:8443" },
	"another tenant":         func(a *webauthntest.Authenticator) { a.Origin = "https://id.other.test:8443" },
	"another spelling":       func(a *webauthntest.Authenticator) { a.Origin = "https://ID.acme.test:8443" },
	"a path":                 func(a *webauthntest.Authenticator) { a.Origin = origin + "/" },
	"user information":       func(a *webauthntest.Authenticator) { a.Origin = "https://x@id.acme.test:8443" },
	"nowhere":                func(a *webauthntest.Authenticator) { a.Origin = "null" },
	"an app":                 func(a *webauthntest.Authenticator) { a.Origin = "android:apk-key-hash:AAAA" },
	"a frame":                func(a *webauthntest.Authenticator) { a.CrossOrigin = true },
	"a frame elsewhere":      func(a *webauthntest.Authenticator) { a.CrossOrigin, a.TopOrigin = true, "https://evil.test" },
	"a frame in ourselves":   func(a *webauthntest.Authenticator) { a.CrossOrigin, a.TopOrigin = true, origin },
	"below something":        func(a *webauthntest.Authenticator) { a.TopOrigin = origin },
	"the domain of a parent": func(a *webauthntest.Authenticator) { a.RPID = "acme.test" },
	"the domain of others":   func(a *webauthntest.Authenticator) { a.RPID = "id.other.test" },
	"no domain":              func(a *webauthntest.Authenticator) { a.RPID = "" },
}

func TestK06AnswersComeFromOneOrigin(t *testing.T) {
	t.Parallel()
	for what, bend := range strange {
		p := enrolled(t)
		bend(p.Authenticator)
		p.refuses(t, what, p.answer(t))
		q := stranger(t)
		bend(q.Authenticator)
		if _, err := q.f.Register(q.respond(t, webauthn.Rules{}), q.claim.Challenge, q.self(), webauthn.Rules{}); !errors.Is(err, webauthn.ErrResponse) {
			t.Errorf("a registration from %s: %v", what, err)
		}
	}
}

func TestK08CounterMustRise(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		stored int64
		shown  uint32
		ok     bool
	}{{0, 0, true}, {0, 1, true}, {5, 6, true}, {5, 1 << 31, true}, {5, 1<<32 - 1, true}, {5, 5, false}, {5, 4, false}, {5, 1, false}, {5, 0, false}} {
		p := enrolled(t)
		p.claim.Secrets[0].Counter, p.Counter = c.stored, c.shown
		answer, _ := p.f.Clean(p.answer(t))
		m, ok, err := p.f.Verify(answer, p.claim)
		var r *webauthn.Regressed
		if !c.ok {
			if ok || !errors.As(err, &r) || !errors.Is(err, webauthn.ErrCounter) || *r != (webauthn.Regressed{Factor: p.claim.Secrets[0].Factor, Stored: c.stored, Shown: int64(c.shown)}) {
				t.Errorf("%d after %d: %v, %v", c.shown, c.stored, ok, err)
			}
		} else if !ok || err != nil || m.Counter != int64(c.shown) {
			t.Errorf("%d after %d: %+v, %v, %v", c.shown, c.stored, m, ok, err)
		}
	}
}

// Nobody without the key may raise the alarm about a copy.
func TestK08WrongAnswerIsNoRegress(t *testing.T) {
	t.Parallel()
	p := enrolled(t)
	p.claim.Secrets[0].Counter = 100
	p.refuses(t, "a low counter over another challenge", p.answerTo(t, p.challenge(webauthn.Second, 9), p.claim.Secrets))
}
