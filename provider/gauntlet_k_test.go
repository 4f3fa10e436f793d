package provider_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sallyport/mfa/policy"
	"sallyport/mfa/webauthn"
	"sallyport/mfa/webauthn/webauthntest"
	"sallyport/storage/audit"
)

func decoded(t testing.TB, text string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// renamed is a response that says another credential's id.
func renamed(t testing.TB, response string, credential []byte) string {
	t.Helper()
	var o map[string]any
	if err := json.Unmarshal([]byte(response), &o); err != nil {
		t.Fatal(err)
	}
	o["id"] = encoded(credential)
	o["rawId"] = o["id"]
	b, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func (w *world) nothingIssued() {
	w.t.Helper()
	if n := w.count("SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM grants) + (SELECT count(*) FROM single_use)"); n != 0 {
		w.t.Errorf("%d things were issued", n)
	}
}

func TestK01AssertionOfSomebodyElseIsRefusedWhateverItsHandle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	hers, his := w.key(), w.key()
	alice, mallory := w.keyed(w.acme, "alice@acme.test", hers), w.keyed(w.acme, "mallory@acme.test", his)
	b := w.browser()
	b.toSecond(w.web, alice)
	for what, handle := range map[string][]byte{"mallory's": webauthn.Handle(w.acme, mallory.id), "alice's": webauthn.Handle(w.acme, alice.id), "none": {}} {
		c := b.ceremony()
		his.UserHandle = handle
		answer := w.must(his.Get(unbound(t, c.options, "allowCredentials")))
		b.answer(c, answer).refuses(what+" handle", "second-factor")
		var o struct{ AllowCredentials []struct{ ID string } }
		if err := json.Unmarshal([]byte(c.options), &o); err != nil || len(o.AllowCredentials) != 1 {
			t.Fatalf("%v: %s", err, c.options)
		}
		b.answer(c, renamed(t, answer, decoded(t, o.AllowCredentials[0].ID))).refuses(what+" handle, alice's credential id", "second-factor")
	}
	// Nor does a handle help where alice signs for another.
	hers.UserHandle = webauthn.Handle(w.globex, alice.id)
	b.touch(hers).refuses("another tenant's handle", "second-factor")
	w.nothingIssued()
	hers.UserHandle = nil
	b.touch(hers).expect("consent")
}

func TestK03RegistrationBegunInOneSignInDoesNotFinishInAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	begin := func(email string) *browser {
		b := w.browser()
		b.toPassword(w.web, w.person(w.acme, email))
		return b.submit("password", password).expect("enrol").submit("method", "webauthn").expect("enrol")
	}
	his, hers := begin("mallory@acme.test"), begin("alice@acme.test")
	k := w.key()
	begun := his.ceremony()
	credential := w.must(k.Create(begun.options))
	stolen := begun
	stolen.action = hers.ceremony().action
	hers.answer(stolen, credential).refuses("mallory's registration in alice's sign-in", "enrol")
	if his.answer(hers.ceremony(), credential); his.status != http.StatusForbidden {
		t.Errorf("mallory's browser at alice's page: %d", his.status)
	}
	if n := w.count("SELECT count(*) FROM signin_attempts WHERE facts -> 'enrolment' ->> 'secret' IS NOT NULL"); n != 0 {
		t.Errorf("%d sign-ins kept a credential", n)
	}
	his.answer(begun, credential).expect("backup-codes")
	his.answer(begun, credential).expect("backup-codes") // once more is nothing more
	if n := w.count("SELECT count(*) FROM signin_attempts WHERE facts -> 'enrolment' ->> 'secret' IS NOT NULL"); n != 1 {
		t.Errorf("%d sign-ins kept a credential", n)
	}
}

func TestK04AnswerIsGoodForOnePurposeInOneSignInOfOneBrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	k := w.key()
	k.Counter = 0 // nothing but the challenge stops a replay
	alice, b := w.keyed(w.acme, "alice@acme.test", k), w.browser()
	b.authorize(w.web, "tenant", "acme")
	passkey := b.expect("identify").ceremony()
	signed := w.must(k.Get(passkey.options))
	b.submit("email", alice.email).submit("password", password).expect("second-factor")
	c := b.ceremony()
	passkey.action = c.action
	b.answer(passkey, signed).refuses("signed for the passkey, used as second factor", "second-factor")
	k.Type = "webauthn.create"
	b.touch(k).refuses("signed as a registration", "second-factor")
	k.Type = ""

	answer := w.must(k.Get(c.options))
	other := w.browser()
	if other.answer(c, answer); other.status != http.StatusForbidden {
		t.Errorf("another browser: %d at %s", other.status, other.at)
	}
	other.toSecond(w.web, alice)
	there := c
	there.action = other.ceremony().action
	other.answer(there, answer).refuses("another sign-in", "second-factor")
	w.nothingIssued()
	b.answer(c, answer).expect("consent")
	b.answer(c, answer).expect("consent")
	other.answer(there, answer).refuses("replay", "second-factor")
}

func TestK04RegistrationIsNoSignInNorTheReverse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	k, b := w.key(), w.browser()
	alice := w.keyed(w.acme, "alice@acme.test", k)
	b.get("/account").submit("email", alice.email).submit("password", password).touch(k)
	b.post("/account/factors/add", nil).expect("enrol").submit("method", "webauthn").expect("enrol")
	c := b.ceremony()
	b.answer(c, w.must(k.Get(c.options))).refuses("an assertion as a registration", "enrol")
	fresh := w.key()
	fresh.Type = "webauthn.get"
	b.register(fresh).refuses("signed as an assertion", "enrol")
	if n := w.count("SELECT count(*) FROM factors"); n != 1 {
		t.Errorf("%d factors", n)
	}
}

func TestK04ChallengeLivesFiveMinutesAndCannotBeMadeYounger(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	k := w.key()
	alice, b := w.keyed(w.acme, "alice@acme.test", k), w.browser()
	b.toSecond(w.web, alice)
	c := b.ceremony()
	old := w.must(k.Get(c.options))
	w.clock.Advance(5 * time.Minute)
	b.answer(c, old).refuses("after five minutes", "second-factor")
	for _, issued := range []string{"", "0", "-1", "x", "9223372036854775807", "99999999999999999999", strconv.FormatInt(w.clock.Now().Unix(), 10)} {
		c.issued = issued
		b.answer(c, old).refuses("issued "+issued, "second-factor")
	}
	c = b.ceremony()
	fresh := w.must(k.Get(c.options))
	w.clock.Advance(5*time.Minute - time.Second)
	b.answer(c, fresh).expect("consent")
}

func TestK04OneAssertionInFiftyParallelTriesPassesOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	k := w.key()
	k.Counter = 0
	alice, b := w.keyed(w.acme, "alice@acme.test", k), w.browser()
	b.toSecond(w.web, alice)
	c := b.ceremony()
	answer, cookies := w.must(k.Get(c.options)), b.client.Jar.Cookies(w.issuer)
	var barrier, all sync.WaitGroup
	var passed atomic.Int32
	barrier.Add(1)
	for i := range 50 {
		all.Go(func() {
			r := w.browser()
			r.server = i % 2
			r.client.Jar.SetCookies(w.issuer, cookies)
			r.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			barrier.Wait()
			r.answer(c, answer)
			for _, set := range (&http.Response{Header: r.header}).Cookies() {
				if strings.HasPrefix(set.Name, "attempt-") && set.Value != "" {
					passed.Add(1)
				}
			}
		})
	}
	barrier.Done()
	all.Wait()
	if passed.Load() != 1 || w.count("SELECT jsonb_array_length(facts -> 'proofs') FROM signin_attempts") != 2 {
		t.Errorf("%d of 50 passed, want 1", passed.Load())
	}
}

func TestK05PresenceAlwaysAndVerificationWhereDemanded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	k := w.key()
	alice, b := w.keyed(w.acme, "alice@acme.test", k), w.browser()
	b.toSecond(w.web, alice)
	k.UserPresent = false
	b.touch(k).refuses("nobody touched it", "second-factor")
	k.UserPresent, k.UserVerified = true, false
	w.setPolicy(w.acme, func(p *policy.Policy) { p.WebAuthn.UserVerification = true })
	b.get(b.at.Path)
	if !strings.Contains(b.ceremony().options, `"userVerification":"required"`) {
		t.Error("the policy's wish is not asked for")
	}
	b.touch(k).refuses("the policy wants its user verified", "second-factor")
	w.setPolicy(w.acme, func(p *policy.Policy) { p.WebAuthn.UserVerification = false })
	demanding := w.browser()
	demanding.toSecond(w.web, alice, "claims", demandsPHR)
	demanding.touch(k).refuses("the client wants phr", "second-factor")
	w.nothingIssued()
	k.UserVerified = true
	demanding.touch(k).expect("consent")
}

func TestK06OnlyOurOwnOriginSigns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	k := w.key()
	alice, b := w.keyed(w.acme, "alice@acme.test", k), w.browser()
	b.toSecond(w.web, alice)
	host := w.issuer.Host
	for what, bend := range map[string]func(*webauthntest.Authenticator){
		"evil prefix":   func(a *webauthntest.Authenticator) { a.Origin = "http://bad" + host },
		"evil suffix":   func(a *webauthntest.Authenticator) { a.Origin = "http://" + host + ".evil.test" },
		"other scheme":  func(a *webauthntest.Authenticator) { a.Origin = "https://" + host },
		"other port":    func(a *webauthntest.Authenticator) { a.Origin = "http://" + w.issuer.Hostname() + ":1" },
		"no port":       func(a *webauthntest.Authenticator) { a.Origin = "http://" + w.issuer.Hostname() },
		"subdomain":     func(a *webauthntest.Authenticator) { a.Origin = "http://id." + host },
		"upper case":    func(a *webauthntest.Authenticator) { a.Origin = strings.ToUpper(a.Origin) },
		"slash":         func(a *webauthntest.Authenticator) { a.Origin += "/" },
		"null":          func(a *webauthntest.Authenticator) { a.Origin = "null" },
		"frame":         func(a *webauthntest.Authenticator) { a.CrossOrigin = true },
		"frame of ours": func(a *webauthntest.Authenticator) { a.CrossOrigin, a.TopOrigin = true, a.Origin },
		"top":           func(a *webauthntest.Authenticator) { a.TopOrigin = "https://evil.test" },
		"other RP":      func(a *webauthntest.Authenticator) { a.RPID = "evil.test" },
		"RP below":      func(a *webauthntest.Authenticator) { a.RPID = "id.localhost" },
		"RP above":      func(a *webauthntest.Authenticator) { a.RPID = "host" },
	} {
		bent := *k
		bend(&bent)
		b.touch(&bent).refuses(what, "second-factor")
	}
	w.nothingIssued()
	b.touch(k).expect("consent")
}

func TestK08CounterThatDoesNotRiseIsRefusedAndOnRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	k := w.key()
	k.Counter = 10
	alice, b := w.keyed(w.acme, "alice@acme.test", k), w.browser()
	b.toSecond(w.web, alice)
	b.touch(k).expect("consent") // said 11
	for i, said := range []uint32{11, 5, 1, 0} {
		copied := w.browser()
		copied.toSecond(w.web, alice)
		k.Counter = said
		copied.touch(k).refuses("counter "+strconv.Itoa(int(said)), "second-factor")
		if n := w.events(w.acme, audit.CounterRegressed); n != i+1 {
			t.Errorf("counter %d: %d events on record", said, n)
		}
	}
	k.Counter = 12
	again := w.browser()
	again.toSecond(w.web, alice)
	again.touch(k).expect("consent")
}

func TestK08KeyWithoutCounterAlwaysSaysZero(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	k := w.key()
	k.Counter = 0
	alice := w.keyed(w.acme, "alice@acme.test", k)
	for range 3 {
		b := w.browser()
		b.toSecond(w.web, alice)
		b.touch(k).expect("consent")
	}
}

func encoded(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
