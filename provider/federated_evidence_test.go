package provider_test

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/federation"
	"sallyport/provider/federation/federationtest"
	"sallyport/storage/audit"
)

// proven are claims by which each kind tells of a second factor; auth_time comes with them.
var proven = map[federation.Kind]map[string]any{
	federation.Entra:  {"amr": []string{"pwd", "mfa"}, "acrs": []string{"c1"}},
	federation.Google: {"amr": []string{"pwd", "mfa"}, "hd": "example.com"},
	federation.Okta:   {"amr": []string{"pwd", "otp"}, "acr": "urn:okta:loa:2fa:any"},
	federation.OIDC:   {"amr": []string{"pwd", "otp"}, "acr": "https://refeds.org/profile/mfa"},
}

// evident is a connection whose evidence counts; Entra's is that of a context which the administrator attests.
func (w *world) evident(kind federation.Kind) *upstream {
	w.t.Helper()
	u := w.connect(w.acme, kind, func(s *federation.Settings) {
		if kind == federation.Google {
			s.Directories = []string{"example.com"}
		}
	})
	return u.exempt(policy.ByEvidence, func(e *policy.Exemption) {
		if kind == federation.Entra {
			e.Evidence = append(federation.Attested("c1"), e.Evidence...)
		}
	})
}

// proves is what the provider says of somebody who has shown a second factor that long ago, beside pairs.
func (u *upstream) proves(ago time.Duration, pairs ...any) map[string]any {
	told := maps.Clone(proven[u.Kind])
	told["auth_time"] = u.w.clock.Now().Add(-ago).Unix()
	for i := 0; i < len(pairs); i += 2 {
		told[pairs[i].(string)] = pairs[i+1]
	}
	return told
}

// turns has the provider say one thing after the other; the last for ever.
func (u *upstream) turns(said ...map[string]any) *upstream {
	u.op.Script(func(s *federationtest.Script) {
		before := len(u.op.Asked())
		s.Claims = func(federationtest.Request) map[string]any {
			return said[min(len(u.op.Asked())-before, len(said))-1]
		}
	})
	return u
}

// plainly is what the provider says of somebody who has shown a password.
func (u *upstream) plainly() map[string]any {
	return u.proves(0, "amr", []string{"pwd"}, "acr", nil, "acrs", nil)
}

// wishes are the values that a request asks for by the claims parameter, by claim of the ID token.
func wishes(t testing.TB, q url.Values) map[string][]string {
	t.Helper()
	var c struct {
		IDToken map[string]struct {
			Value  string
			Values []string
		} `json:"id_token"`
	}
	if text := q.Get("claims"); text != "" {
		must(t, json.Unmarshal([]byte(text), &c))
	}
	out := map[string][]string{}
	for name, v := range c.IDToken {
		out[name] = slices.DeleteFunc(append(v.Values, v.Value), func(s string) bool { return s == "" })
	}
	return out
}

func TestG04FreshEvidenceOfEveryKindIsASecondFactorWithTheTimeOfTheProvider(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	for _, kind := range federation.Kinds() {
		u := w.evident(kind)
		u.turns(u.proves(7*time.Minute, "email", string(kind)+"@acme.test", "preferred_username", nil))
		b := w.browser()
		told := b.told(b.through(u))
		amr := []string{"pwd", "otp", "mfa"}
		if kind == federation.Entra || kind == federation.Google {
			amr = []string{"pwd", "mfa"}
		}
		level(t, told, aal2, amr...)
		if at := w.clock.Now().Add(-7 * time.Minute).Unix(); told["auth_time"] != float64(at) {
			t.Errorf("%s: auth_time %v, want %d", kind, told["auth_time"], at)
		}
		if n := len(u.op.Asked()); n != 1 {
			t.Errorf("%s: the provider was asked %d times", kind, n)
		}
	}
}

func TestG04MissingEvidenceIsAskedForOnceAsTheKindUnderstands(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	for _, kind := range federation.Kinds() {
		u := w.evident(kind)
		mail := string(kind) + "@acme.test"
		u.turns(u.proves(0, "amr", []string{"pwd"}, "acr", nil, "acrs", nil, "email", mail, "preferred_username", mail), u.proves(0, "email", mail, "preferred_username", mail))
		b := w.browser()
		f := b.through(u)
		b.follow(u)
		told := b.told(f)
		if told["acr"] != aal2 {
			t.Errorf("%s: acr %v", kind, told["acr"])
		}
		asked := u.op.Asked()
		if len(asked) != 2 {
			t.Fatalf("%s: asked %d times", kind, len(asked))
		}
		first, second := asked[0], asked[1]
		if first.Get("state") == second.Get("state") || first.Get("nonce") == second.Get("nonce") || first.Get("code_challenge") == second.Get("code_challenge") {
			t.Errorf("%s: a secret of the first trip serves the second", kind)
		}
		if second.Get("login_hint") != mail {
			t.Errorf("%s: login_hint %q", kind, second.Get("login_hint"))
		}
		got := wishes(t, second)
		switch kind {
		case federation.Entra:
			if !slices.Equal(got["acrs"], []string{"c1"}) || !slices.Equal(got["amr"], []string{"mfa"}) || second.Get("prompt") != "login" || len(wishes(t, first)) != 0 {
				t.Errorf("entra: %v", second)
			}
		case federation.Google:
			if got["amr"] == nil || got["auth_time"] == nil || second.Get("prompt") != "select_account" || second.Get("hd") != "example.com" {
				t.Errorf("google: %v", second)
			}
		default:
			want := proven[kind]["acr"]
			if second.Get("acr_values") != want || first.Has("acr_values") || second.Get("prompt") != "login" || second.Get("max_age") != "0" {
				t.Errorf("%s: %v", kind, second)
			}
		}
	}
}

func TestG04EvidenceThatStaysAwayLeadsToTheFactorOfHereAfterOneMoreTry(t *testing.T) {
	t.Parallel()
	for name, second := range map[string]map[string]any{
		"nothing new": {}, "amr as text": {"amr": "pwd mfa"}, "amr nested": {"amr": []any{[]string{"mfa"}}}, "nomfa": {"amr": []string{"nomfa"}},
		"another context": {"acrs": []string{"c2"}}, "from long ago": {"amr": []string{"mfa"}, "acrs": []string{"c1"}, "auth_time": 1},
		"from the future": {"amr": []string{"mfa"}, "auth_time": 4102444800}, "time not told": {"amr": []string{"mfa"}, "auth_time": nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1)
			u := w.evident(federation.Entra)
			alice := u.is(w.enrolled(w.acme, "alice@example.com"))
			then := u.plainly()
			maps.Copy(then, second)
			u.turns(u.plainly(), then)
			b := w.browser()
			f := b.through(u)
			b.follow(u).expect("second-factor").submit("code", alice.totp(w, 0))
			told := b.told(f)
			level(t, told, aal2, "otp", "mfa")
			if told["sub"] != alice.id.String() || len(u.op.Asked()) != 2 {
				t.Errorf("sub %v, asked %d times", told["sub"], len(u.op.Asked()))
			}
		})
	}
}

func TestA06G04WhoeverHasNoFactorEnrolsOneBehindAConnectionThatProvesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	u := w.evident(federation.Entra)
	u.turns(u.plainly())
	b := w.browser()
	f := b.through(u)
	b.follow(u).expect("enrol")
	w.nothingIssued()
	p := person{seed: b.shownSeed()}
	b.submit("code", p.totp(w, 0)).keep()
	level(t, b.told(f), aal2, "otp", "mfa")
}

func TestG04AnotherPersonWhoComesBackWithEvidenceIsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	u := w.evident(federation.Entra)
	alice := u.is(w.enrolled(w.acme, "alice@example.com"))
	u.turns(u.plainly(), u.proves(0, "oid", bobThere, "email", "bob@example.com"))
	b := w.browser()
	f := b.through(u)
	b.follow(u).expect("second-factor")
	if w.count("SELECT count(*) FROM users") != 1 || w.count("SELECT count(*) FROM identities") != 1 || w.events(w.acme, audit.UpstreamFailed) != 1 {
		t.Error("something changed, or nothing was told")
	}
	w.nothingIssued()
	if !strings.Contains(b.body, alice.email) || strings.Contains(b.body, "bob@") {
		t.Error("the page is not alice's")
	}
	told := b.submit("code", alice.totp(w, 0)).told(f)
	level(t, told, aal2, "otp", "mfa")
	if told["sub"] != alice.id.String() {
		t.Errorf("sub %v", told["sub"])
	}
}

func TestG04ProviderThatRefusesToProveMoreLeadsToTheFactorOfHere(t *testing.T) {
	t.Parallel()
	for _, reason := range []string{"unmet_authentication_requirements", "access_denied", "server_error", "login_required"} {
		w := newWorld(t, 1)
		u := w.evident(federation.Okta)
		alice := u.is(w.enrolled(w.acme, "alice@example.com"))
		u.turns(u.plainly())
		b := w.browser()
		f := b.through(u)
		u.op.Script(func(s *federationtest.Script) { s.AuthorizationError = reason })
		b.follow(u).expect("second-factor")
		level(t, b.submit("code", alice.totp(w, 0)).told(f), aal2, "otp", "mfa")
	}
}

func TestG04ProviderThatIsDownInTheSecondTripLeadsToTheFactorOfHere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	u := w.evident(federation.OIDC)
	alice := u.is(w.enrolled(w.acme, "alice@example.com"))
	u.turns(u.plainly())
	b := w.browser()
	f := b.through(u)
	u.op.Script(func(s *federationtest.Script) { s.TokenError = "server_error" })
	b.follow(u).expect("second-factor")
	level(t, b.submit("code", alice.totp(w, 0)).told(f), aal2, "otp", "mfa")
}

func TestA10TrustInAConnectionMeetsNoDemandOfAnApplication(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	u := w.connect(w.acme, federation.Entra).exempt(policy.Skip)
	alice := u.is(w.enrolled(w.acme, "alice@example.com"))
	b := w.browser()
	level(t, b.told(b.through(u)), oneFactor)
	for _, demand := range [][]string{{"acr_values", aal2}, {"claims", essentialAAL2}} {
		w.clock.Advance(time.Minute)
		b = w.browser()
		f := b.through(u, demand...)
		b.expect("second-factor").submit("code", alice.totp(w, 0))
		level(t, b.told(f), aal2, "otp", "mfa")
	}
}

func TestA10DemandOfAnApplicationIsAskedForUpstreamWhereEvidenceCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.setPolicy(w.acme, func(p *policy.Policy) { p.SecondFactor = policy.Optional })
	u := w.evident(federation.Okta)
	u.turns(u.plainly())
	b := w.browser()
	level(t, b.told(b.through(u)), oneFactor)
	u.turns(u.plainly(), u.proves(0))
	b = w.browser()
	f := b.through(u, "claims", essentialAAL2)
	b.follow(u)
	level(t, b.told(f), aal2, "pwd", "otp", "mfa")
	u.turns(u.plainly(), u.proves(0, "acr", "phr", "amr", []string{"pop"}))
	b = w.browser()
	f = b.through(u, "claims", strings.ReplaceAll(essentialAAL2, aal2, "phr"))
	b.follow(u)
	if told := b.told(f); told["acr"] != "phr" {
		t.Errorf("acr %v", told["acr"])
	}
	if all := u.op.Asked(); all[len(all)-1].Get("acr_values") != "phr" {
		t.Errorf("asked for %v", all[len(all)-1])
	}
	// Two steps are no answer to whoever asks for more.
	u.turns(u.plainly(), u.proves(0))
	b = w.browser()
	b.through(u, "claims", strings.ReplaceAll(essentialAAL2, aal2, "phr"))
	if b.follow(u); b.left != nil && b.left.Query().Get("code") != "" || b.step() == "consent" {
		t.Errorf("at %s, left %v", b.at, b.left)
	}
}

func TestG04AFreshSignInIsDemandedOfTheProviderAndItsTimeIsLookedAt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	u := w.evident(federation.OIDC)
	u.turns(u.proves(0))
	b := w.browser()
	b.told(b.through(u))
	w.clock.Advance(10 * time.Minute)
	for _, demand := range [][]string{{"prompt", "login"}, {"max_age", "60"}} {
		u.turns(u.proves(0))
		f := b.authorize(w.web, append([]string{"tenant", w.acme.String()}, demand...)...)
		b.arrive(u)
		told := b.told(f)
		if told["auth_time"] != float64(w.clock.Now().Unix()) || told["acr"] != aal2 {
			t.Errorf("%v: %v", demand, told)
		}
		if q := u.op.Asked()[len(u.op.Asked())-1]; q.Get("prompt") != "login" || q.Get("max_age") != "0" {
			t.Errorf("%v: the provider was asked %v", demand, q)
		}
		w.clock.Advance(10 * time.Minute)
		// A session that somebody left open there, whatever was asked: the request travels through the browser.
		u.turns(u.proves(10 * time.Minute))
		b.authorize(w.web, append([]string{"tenant", w.acme.String()}, demand...)...)
		b.arrive(u)
		if b.left != nil || b.step() == "consent" || b.alert() == "" {
			t.Errorf("%v: an old sign-in passes: at %s, left %v", demand, b.at, b.left)
		}
		w.clock.Advance(10 * time.Minute)
	}
}

func TestEvidenceIsOnRecordWithItsGrade(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	u := w.evident(federation.Entra)
	u.turns(u.proves(0))
	b := w.browser()
	b.told(b.through(u))
	for _, kept := range []string{"SELECT proofs::text FROM sessions", "SELECT detail::text FROM audit_events WHERE kind = 'signin.done'"} {
		if said := w.text(kept); !strings.Contains(said, `"grade": "`+string(mfa.GradeStrong)+`"`) || !strings.Contains(said, u.ID.String()) {
			t.Errorf("%s: %s", kept, said)
		}
	}
}
