package provider_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sallyport/mfa/policy"
	"sallyport/provider/federation"
	"sallyport/provider/federation/federationtest"
	"sallyport/storage/audit"
	"sallyport/storage/id"
)

var accountChoice = regexp.MustCompile(`name="account" value="([^"]+)"`)

// choices are the accounts that the page offers.
func (b *browser) choices() (all []string) {
	for _, m := range accountChoice.FindAllStringSubmatch(b.body, -1) {
		all = append(all, m[1])
	}
	return all
}

// pick chooses an account, or says so.
func (b *browser) pick(account string) *browser {
	b.w.t.Helper()
	return b.post("/signin/"+b.handle()+"/account", url.Values{"account": {account}})
}

// inBoth is a browser of alice of acme, who came from a connection, and of bob of globex, who has a password.
func inBoth(t *testing.T) (w *world, b *browser, sub map[id.Tenant]any, session map[id.Tenant]string) {
	t.Helper()
	w = newWorld(t, 1)
	u, bob := w.connect(w.acme, federation.Entra).exempt(policy.Skip), w.person(w.globex, "bob@globex.test")
	b = w.browser()
	told := b.told(b.through(u))
	sub = map[id.Tenant]any{w.acme: told["sub"], w.globex: bob.id.String()}
	f := b.authorize(w.web, "tenant", "globex")
	if b.expect("identify"); len(b.choices()) != 0 || strings.Contains(b.body, "alice@example.com") {
		t.Error("globex is shown who is signed in at acme")
	}
	b.submit("email", bob.email).expect("password").submit("password", password)
	if got := b.told(f); got["sub"] != bob.id.String() || got["tenant"] != "globex" {
		t.Fatalf("signed in as %v", got)
	}
	session = map[id.Tenant]string{}
	for tenant := range sub {
		session[tenant] = w.text("SELECT id::text FROM sessions WHERE tenant_id = $1", tenant)
	}
	return w, b, sub, session
}

func TestR19WhoeverEntersAnotherTenantProvesThemselvesAndTheChooserShowsBoth(t *testing.T) {
	t.Parallel()
	w, b, sub, session := inBoth(t)
	for _, extra := range [][]string{nil, {"prompt", "select_account"}} {
		for _, tenant := range []id.Tenant{w.globex, w.acme} {
			f := b.authorize(w.web, extra...)
			if b.expect("identify"); len(b.choices()) != 2 || !strings.Contains(b.body, "alice@example.com") || !strings.Contains(b.body, "bob@globex.test") {
				t.Fatalf("%v: choices %v", extra, b.choices())
			}
			if told := b.pick(session[tenant]).told(f); told["sub"] != sub[tenant] || told["tid"] != tenant.String() {
				t.Errorf("chosen %v, got %v", sub[tenant], told)
			}
		}
	}
	if n := w.count("SELECT count(*) FROM sessions"); n != 2 {
		t.Errorf("%d sessions: choosing made one", n)
	}
}

func TestR19SessionOfAnotherTenantIsNeitherShownNorAcceptedWhereATenantIsNamed(t *testing.T) {
	t.Parallel()
	w, b, sub, session := inBoth(t)
	f := b.authorize(w.web, "tenant", "globex", "prompt", "select_account")
	if got := b.expect("identify").choices(); len(got) != 1 || got[0] != session[w.globex] || strings.Contains(b.body, "alice@example.com") {
		t.Errorf("choices %v", got)
	}
	for _, forged := range []string{session[w.acme], session[w.acme] + " ", strings.ToUpper(session[w.globex]), "", "0", id.NewUser().String(), sub[w.globex].(string), "'", strings.Repeat("a", 4000)} {
		if b.pick(forged); b.left != nil || b.step() != "identify" || b.status >= 500 {
			t.Fatalf("%.60q: at %s (%d), left %v", forged, b.at, b.status, b.left)
		}
	}
	if told := b.pick(session[w.globex]).told(f); told["sub"] != sub[w.globex] {
		t.Errorf("got %v", told)
	}
	// The id of a session is no secret: only its browser has it.
	other := w.browser()
	other.authorize(w.web)
	if other.expect("identify").pick(session[w.globex]); other.left != nil || other.step() != "identify" {
		t.Errorf("another browser is let in: at %s", other.at)
	}
}

func TestR19ChosenAccountIsJudgedLikeAnySession(t *testing.T) {
	t.Parallel()
	w, b, _, session := inBoth(t)
	w.setPolicy(w.acme, func(p *policy.Policy) { p.Exemptions[0].Mode = policy.Local })
	b.authorize(w.web, "prompt", "select_account")
	if b.pick(session[w.acme]); b.step() != "enrol" && b.step() != "password" {
		t.Errorf("trusted no more, but at %s (left %v)", b.at, b.left)
	}
	w.exec("UPDATE users SET disabled = true WHERE tenant_id = $1", w.globex)
	b.authorize(w.web, "prompt", "select_account")
	if b.expect("identify").pick(session[w.globex]); b.left != nil || b.step() == "consent" {
		t.Errorf("somebody disabled is let in: at %s", b.at)
	}
}

// domain makes the domain the tenant's, with the people of it signing in at the connection.
func (w *world) domain(t id.Tenant, name string, at *upstream, proven bool) {
	w.t.Helper()
	w.exec("INSERT INTO domains (tenant_id, name, challenge, connection_id, created_at, proven_at) VALUES ($1, $2, 'c', $3, $4, CASE WHEN $5 THEN $4::timestamptz END)",
		t, name, at.ID, w.clock.Now(), proven)
	w.changed()
}

func TestPeopleOfAProvenDomainGoToTheirProviderAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	u := w.connect(w.acme, federation.Entra).exempt(policy.Skip)
	w.domain(w.acme, "contoso.test", u, true)
	for what, open := range map[string]func(*browser) flow{
		"typed": func(b *browser) flow {
			f := b.authorize(w.web)
			b.expect("identify").submit("email", "Kim@Contoso.test")
			return f
		},
		"typed, tenant named": func(b *browser) flow {
			f := b.authorize(w.web, "tenant", "acme")
			b.expect("identify").submit("email", "kim@contoso.test")
			return f
		},
		"login_hint":               func(b *browser) flow { return b.authorize(w.web, "login_hint", "kim@contoso.test") },
		"login_hint, tenant named": func(b *browser) flow { return b.authorize(w.web, "tenant", "acme", "login_hint", "kim@contoso.test") },
		"domain_hint":              func(b *browser) flow { return b.authorize(w.web, "domain_hint", "contoso.test") },
		"domain_hint and login_hint": func(b *browser) flow {
			return b.authorize(w.web, "domain_hint", "CONTOSO.test", "login_hint", "kim@contoso.test")
		},
		"domain_hint and its tenant":  func(b *browser) flow { return b.authorize(w.web, "domain_hint", "contoso.test", "tenant", "acme") },
		"prompt=login and login_hint": func(b *browser) flow { return b.authorize(w.web, "login_hint", "kim@contoso.test", "prompt", "login") },
	} {
		b := w.browser()
		f := open(b)
		if b.departs() == "" {
			t.Errorf("%s: at %s (%d)", what, b.at, b.status)
			continue
		}
		if b.left != nil || strings.Contains(b.at.RawQuery, "state") {
			t.Errorf("%s: left to %v", what, b.left)
		}
		back, form := u.visit(b.departs())
		q := u.op.Asked()[len(u.op.Asked())-1]
		if hinted := what != "domain_hint" && what != "domain_hint and its tenant"; hinted != (strings.ToLower(q.Get("login_hint")) == "kim@contoso.test") {
			t.Errorf("%s: login_hint %q", what, q.Get("login_hint"))
		}
		if q.Get("domain_hint") != "contoso.test" {
			t.Errorf("%s: domain_hint %q", what, q.Get("domain_hint"))
		}
		if told := b.comeBack(back, form).told(f); told["tid"] != w.acme.String() {
			t.Errorf("%s: %v", what, told)
		}
	}
}

func TestDomainThatIsNotProvenOrAnothersLeadsNowhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	u, other := w.connect(w.acme, federation.Entra), w.connect(w.globex, federation.OIDC)
	w.domain(w.acme, "contoso.test", u, true)
	w.domain(w.globex, "fabrikam.test", other, false)
	stays := func(what string, b *browser, step string) {
		t.Helper()
		if b.departs() != "" || b.left != nil || b.step() != step {
			t.Errorf("%s: at %s (%d), departs to %q", what, b.at, b.status, b.departs())
		}
	}
	b := w.browser()
	for what, extra := range map[string][]string{
		"not proven": {"login_hint", "kim@fabrikam.test"}, "below a proven one": {"login_hint", "kim@mail.contoso.test"},
		"ends like one": {"login_hint", "kim@notcontoso.test"}, "two addresses": {"login_hint", "a@evil.test@contoso.test"},
		"another tenant": {"login_hint", "kim@contoso.test", "tenant", "globex"}, "another tenant's domain": {"domain_hint", "contoso.test", "tenant", "globex"},
	} {
		b.authorize(w.web, extra...)
		stays(what, b, "identify")
	}
	for tenant, email := range map[string]string{"globex": "kim@contoso.test", "acme": "kim@fabrikam.test"} {
		b.authorize(w.web, "tenant", tenant)
		stays("typed at "+tenant, b.submit("email", email), "password")
	}
	w.exec("UPDATE domains SET proven_at = NULL")
	w.changed()
	b.authorize(w.web)
	stays("lost", b.expect("identify").submit("email", "kim@contoso.test"), "password")
	if len(u.op.Asked())+len(other.op.Asked()) != 0 {
		t.Error("a provider was asked")
	}
}

// trip is what differs between two ways to the same provider.
var trip = regexp.MustCompile(`(state|nonce|code_challenge)=[A-Za-z0-9._~-]+`)

// alike is the page without what is different on each, and without the address.
func (b *browser) alike(email string) string {
	page := strings.NewReplacer(email, "EMAIL", url.QueryEscape(email), "EMAIL").Replace(b.plain())
	return trip.ReplaceAllString(page, "")
}

func TestJ01AddressOfAProvenDomainIsAnsweredAlikeForEverybodyAndBackShowsThePassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	u := w.connect(w.acme, federation.Entra)
	w.domain(w.acme, "contoso.test", u, true)
	w.enrolled(w.acme, "known@contoso.test")
	w.disable(w.person(w.acme, "gone@contoso.test"))
	w.person(w.globex, "other@contoso.test")
	u.is(w.person(w.acme, "there@contoso.test"))
	pages := map[string]string{}
	for _, email := range []string{"known@contoso.test", "nobody@contoso.test", "gone@contoso.test", "other@contoso.test", "there@contoso.test"} {
		for _, extra := range [][]string{{"tenant", "acme"}, nil} {
			b := w.browser()
			seen := func(what string) {
				t.Helper()
				what += strings.Join(extra, " ")
				page := b.alike(email)
				if pages[what] == "" {
					pages[what] = page
				}
				if pages[what] != page {
					t.Errorf("%s is answered differently:\n%s\n%s", email, page, pages[what])
				}
			}
			b.authorize(w.web, extra...)
			if b.submit("email", email); b.departs() == "" {
				t.Fatalf("%s: at %s (%d)", email, b.at, b.status)
			}
			seen("leaving")
			if extra == nil {
				continue // the attempt has moved to the tenant, and its address with it
			}
			b.get("/signin/" + b.handle()).expect("password")
			seen("back")
			b.submit("password", "wrong password").expect("password")
			seen("wrong password")
		}
	}
}

// TestInFrontOfAnExistingProviderTheSecondFactorIsAllThatPeopleMeet is a tenant that keeps the sign-in it has: one connection, no
// passwords of ours, and a second factor here.
func TestInFrontOfAnExistingProviderTheSecondFactorIsAllThatPeopleMeet(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	u := w.connect(w.acme, federation.Entra).exempt(policy.Local)
	staff, rescue := w.enrolled(w.acme, "staff@acme.test"), w.person(w.acme, "rescue@acme.test")
	w.setPolicy(w.acme, func(p *policy.Policy) { p.NoPasswords, p.BreakGlass = true, []id.User{rescue.id} })
	u.says("amr", []string{"pwd", "mfa"}, "auth_time", w.clock.Now().Unix()) // what the provider proves is not asked about

	var alice person
	for visit, step := range []string{"enrol", "second-factor"} {
		b := w.browser()
		f := b.authorize(w.web, "tenant", "acme", "login_hint", "alice@acme.test")
		if b.departs() == "" || strings.Contains(b.body, "<form") {
			t.Fatalf("a page of ours comes before the provider: %s (%d)", b.at, b.status)
		}
		b.follow(u).expect(step)
		if q := u.op.Asked()[visit]; q.Get("login_hint") != "alice@acme.test" {
			t.Errorf("the provider is told %v", q)
		}
		w.clock.Advance(time.Minute)
		if step == "enrol" {
			alice.seed = b.shownSeed()
			b.submit("code", alice.totp(w, 0)).keep()
		} else {
			b.submit("code", alice.totp(w, 0))
		}
		level(t, b.told(f), aal2, "otp", "mfa")
	}

	// Behind the back button there is a password, for emergencies only.
	guess := func(p *person) *browser {
		b := w.browser()
		b.authorize(w.web, "tenant", "acme")
		b.get("/signin/"+b.handle()).expect("identify").submit("email", p.email)
		if b.departs() != "" {
			t.Error("sent round in circles")
		}
		return b.expect("password").post(b.at.Path, url.Values{"password": {password}})
	}
	refused, unknown := guess(staff), guess(&person{email: "nobody@acme.test"})
	if refused.expect("password").status != http.StatusUnprocessableEntity || refused.alike(staff.email) != unknown.expect("password").alike("nobody@acme.test") {
		t.Error("a password is good, or the answer tells of an account")
	}
	if guess(rescue).expect("consent"); w.events(w.acme, audit.BreakGlass) > 1 {
		t.Error("too much is told")
	}
	// The page for a forgotten password is no way round it either.
	b := w.browser()
	b.get("/account").expect("identify").submit("email", staff.email, "tenant", "acme")
	if b.post("/signin/"+b.handle()+"/password", url.Values{"password": {password}}); b.step() == "second-factor" || b.step() == "account" {
		t.Errorf("My settings take a password: at %s", b.at)
	}
}

// named has the provider sign in whoever login_hint names.
func (u *upstream) named() *upstream {
	u.op.Script(func(s *federationtest.Script) {
		s.Claims = func(r federationtest.Request) map[string]any {
			hint := r.Parameters.Get("login_hint")
			return map[string]any{"sub": "subject of " + hint, "email": hint, "name": hint}
		}
	})
	return u
}

func TestG09TwoHundredAtOnceAreEachTheirOwnPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	u := w.connect(w.acme, federation.OIDC).exempt(policy.Skip).named()
	const people = 200
	subjects, failed := make([]string, people), atomic.Int32{}
	var all sync.WaitGroup
	for i := range people {
		b := w.browser()
		b.server = i % len(w.servers)
		all.Go(func() {
			email := "p" + strconv.Itoa(i) + "@people.test"
			f := b.authorize(w.web, "tenant", "acme", "login_hint", email)
			if b.press(u); b.departs() == "" {
				failed.Add(1)
				return
			}
			b.server = (i + 1) % len(w.servers) // the answer reaches the other instance
			if b.follow(u).step() != "consent" || !strings.Contains(b.body, email) {
				failed.Add(1)
				return
			}
			subjects[i], _ = b.told(f)["sub"].(string)
		})
	}
	all.Wait()
	if failed.Load() > 0 {
		t.Fatalf("%d did not get in", failed.Load())
	}
	kept := map[string]string{}
	must(t, json.Unmarshal([]byte(w.text("SELECT json_object_agg(subject, user_id)::text FROM identities")), &kept))
	for i, sub := range subjects {
		if want := kept["subject of p"+strconv.Itoa(i)+"@people.test"]; sub == "" || sub != want {
			t.Errorf("person %d is %s, want %s", i, sub, want)
		}
	}
	if n := w.count("SELECT count(DISTINCT user_id) FROM sessions"); n != people || len(kept) != people {
		t.Errorf("%d people, %d identities", n, len(kept))
	}
}

func TestG10TwentyFirstSignInsOfOnePersonMakeOneAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	u := w.connect(w.acme, federation.OIDC).exempt(policy.Skip)
	type answer struct {
		back string
		form url.Values
	}
	answers := map[*browser]answer{}
	passed := w.race(20, func(b *browser) {
		b.authorize(w.web, "tenant", "acme")
		b.press(u)
		back, form := u.visit(b.departs())
		answers[b] = answer{back, form}
	}, func(b *browser) bool {
		if b.comeBack(answers[b].back, answers[b].form).step() != "consent" {
			t.Errorf("at %s (%d): %s", b.at, b.status, b.alert())
			return false
		}
		return true
	})
	if users, identities := w.count("SELECT count(*) FROM users"), w.count("SELECT count(*) FROM identities"); passed != 20 || users != 1 || identities != 1 {
		t.Errorf("%d got in, %d accounts, %d identities", passed, users, identities)
	}
}

func TestFederatedSignInCostsAtMostFourRoundTripsMoreThanAPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.setPolicy(w.acme, func(p *policy.Policy) { p.SecondFactor = policy.Optional })
	u := w.connect(w.acme, federation.OIDC).named()
	l := ledger{w, map[string]int64{}}
	var documents, keys int
	for round := range 12 {
		email := "p" + strconv.Itoa(round) + "@people.test"
		p := w.person(w.acme, "pw"+strconv.Itoa(round)+"@acme.test")
		for _, when := range []string{"first", "again"} {
			l.measure("password, "+when, func() {
				b := w.browser()
				f := b.toPassword(w.web, p)
				b.submit("password", password).finish(f)
			})
			l.measure("connection, "+when, func() {
				b := w.browser()
				f := b.through(u, "login_hint", email)
				b.finish(f)
			})
		}
		if round == 0 {
			documents, keys = u.op.Hits(federationtest.Discovery), u.op.Hits(federationtest.Keys)
		}
	}
	for _, when := range []string{"first", "again"} {
		if more := l.cost["connection, "+when] - l.cost["password, "+when]; more > 4 {
			t.Errorf("%s: %d round trips more", when, more)
		}
	}
	if d, k := u.op.Hits(federationtest.Discovery), u.op.Hits(federationtest.Keys); documents == 0 || keys == 0 || d != documents || k != keys {
		t.Errorf("the document was fetched %d times, the keys %d times", d, k)
	}
	t.Log(l.cost)
}

// finish carries the code to the application.
func (b *browser) finish(f flow) {
	b.w.t.Helper()
	if b.left == nil {
		b.expect("consent").submit("decision", "allow")
	}
	b.code(f)
}

func TestHintsThatLeadElsewhereAndChoicesOfAnAccountAreNotSentAlong(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	u := w.connect(w.acme, federation.Entra).exempt(policy.Skip)
	w.domain(w.acme, "contoso.test", u, false)
	b := w.browser()
	b.through(u, "login_hint", "guest@contoso.test")
	b.through(u, "login_hint", "guest@contoso.test", "prompt", "select_account")
	all := u.op.Asked()
	if all[0].Has("domain_hint") || all[0].Get("login_hint") != "guest@contoso.test" {
		t.Errorf("asked %v", all[0])
	}
	if all[1].Has("login_hint") || all[1].Get("prompt") != "select_account" {
		t.Errorf("asked %v", all[1])
	}
}
