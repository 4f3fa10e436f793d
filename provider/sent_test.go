package provider_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/notify"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/storage/seal"
)

// give enrols somebody with a factor whose secret is known, as the sign-in flow leaves it.
func (w *world) give(p *person, k mfa.Kind, secret []byte) id.Factor {
	w.t.Helper()
	f := id.NewFactor()
	sealed, err := w.seal.Seal(seal.Place{Tenant: p.tenant, Table: "factors", Row: f.String(), Column: "secret"}, secret)
	if err == nil {
		err = w.store.Tenant(p.tenant).CreateFactor(context.Background(), db.CreateFactorParams{TenantID: p.tenant, ID: f, UserID: p.id, Kind: string(k),
			Name: string(k), Secret: sealed, CreatedAt: w.clock.Now()})
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return f
}

// reached is a person with a mailbox and a telephone as second factors, in a tenant that allows both.
func (w *world) reached(email, number string) *person {
	w.t.Helper()
	p := w.person(w.acme, email)
	w.give(p, mfa.Email, []byte(email))
	w.give(p, mfa.SMS, []byte(number))
	return p
}

func (w *world) allowSent() {
	w.setPolicy(w.acme, func(p *policy.Policy) {
		p.Methods, p.SMSCountries = mfa.Kinds(), []string{"NO"}
	})
}

// messages are those queued for somebody, oldest first, with what they were not to tell anybody else.
func (w *world) messages(p *person) (all []db.Message, secrets []notify.Secret) {
	w.t.Helper()
	rows, err := w.database.Admin(w.t).Query(context.Background(),
		`SELECT id, kind, channel, recipient, secret FROM messages WHERE user_id = $1 ORDER BY created_at, id`, p.id)
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		m := db.Message{TenantID: p.tenant}
		if err := rows.Scan(&m.ID, &m.Kind, &m.Channel, &m.Recipient, &m.Secret); err != nil {
			w.t.Fatal(err)
		}
		s, err := notify.Open(w.seal, m)
		if err != nil {
			w.t.Fatal(err)
		}
		all, secrets = append(all, m), append(secrets, s)
	}
	return all, secrets
}

// sent is the newest code on its way to somebody.
func (w *world) sent(p *person) (code, recipient string) {
	w.t.Helper()
	all, secrets := w.messages(p)
	for i, m := range all {
		if m.Kind == string(notify.CodeSent) {
			code, recipient = secrets[i].Code, m.Recipient
		}
	}
	return code, recipient
}

// choose picks a way on the choice screen or under "Try another way".
func (b *browser) choose(kind mfa.Kind) *browser {
	b.w.t.Helper()
	at := b.at.Path[:strings.Index(b.at.Path[len("/signin/"):], "/")+len("/signin/")]
	start := strings.Index(b.body, `value="`+string(kind))
	if start < 0 {
		b.w.t.Fatalf("no %s on %s\n%s", kind, b.at, b.body)
	}
	value := b.body[start+len(`value="`):]
	return b.post(at+"/second-factor/choose", url.Values{"way": {value[:strings.IndexByte(value, '"')]}})
}

func TestR9ChoiceComesFirstAndTheCodeGoesOutByTheChosenWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.allowSent()
	kari := w.reached("kari@acme.test", "+4740612345")
	b := w.browser()
	b.toSecond(w.web, kari)
	if code, _ := w.sent(kari); code != "" {
		t.Fatal("a code went out before anybody chose")
	}
	if strings.Contains(b.body, "kari@acme.test</button") || strings.Contains(b.body, "40612345") {
		t.Error("the choice shows a whole target")
	}
	b.choose(mfa.SMS).expect("second-factor")
	code, to := w.sent(kari)
	if to != "+4740612345" || len(code) != 6 {
		t.Fatalf("code %q went to %q", code, to)
	}
	b.choose(mfa.Email).expect("second-factor")
	if _, to = w.sent(kari); to != "kari@acme.test" {
		t.Fatalf("the second code went to %q", to)
	}
	if b.submit("code", code); b.step() != "second-factor" {
		t.Error("the text's code works for the mailbox")
	}
	code, _ = w.sent(kari)
	b.submit("code", code[:3]+" "+code[3:]).expect("consent")
	if w.events(w.acme, audit.CodeSent) != 2 {
		t.Error("codes sent are not on record")
	}
}

func TestR9OnlyWayNeedsNoChoiceAndCodesExpireWhenThePolicySays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.setPolicy(w.acme, func(p *policy.Policy) { p.Methods, p.CodeLife = []mfa.Kind{mfa.Email, mfa.TOTP}, 90 })
	kari := w.person(w.acme, "kari@acme.test")
	w.give(kari, mfa.Email, []byte("kari@acme.test"))
	b := w.browser()
	b.toSecond(w.web, kari)
	code, _ := w.sent(kari)
	if code == "" {
		t.Fatal("no code went out by the only way")
	}
	w.clock.Advance(91 * time.Second)
	if b.submit("code", code); b.step() != "second-factor" || !strings.Contains(b.alert(), "expired") {
		t.Fatalf("an expired code: at %s, %q", b.at, b.alert())
	}
	b.post(b.at.Path+"/send", url.Values{}).expect("second-factor")
	fresh, _ := w.sent(kari)
	w.clock.Advance(89 * time.Second)
	b.submit("code", fresh).expect("consent")
}

func TestB06ResendWaitsLongerEachTimeEndsTheOldCodeAndResetsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.allowSent()
	kari := w.person(w.acme, "kari@acme.test")
	w.give(kari, mfa.Email, []byte("kari@acme.test"))
	b := w.browser()
	b.toSecond(w.web, kari)
	old, _ := w.sent(kari)
	page := b.at.Path
	if b.post(page+"/send", url.Values{}); b.status != http.StatusTooManyRequests {
		t.Errorf("a second code at once: %d", b.status)
	}
	for range 3 {
		b.get(page).submit("code", not(old))
	}
	w.clock.Advance(31 * time.Second)
	b.post(page+"/send", url.Values{}).expect("second-factor")
	fresh, _ := w.sent(kari)
	if fresh == old {
		fresh = "" // one in a million
	}
	if b.submit("code", old); b.step() != "second-factor" {
		t.Error("the old code still works")
	}
	b.get(page).submit("code", not(fresh))
	if b.get(page).submit("code", fresh); b.status != http.StatusTooManyRequests {
		t.Errorf("five wrong tries around a resend: %d at %s", b.status, b.at)
	}
	w.clock.Advance(31 * time.Second)
	b.get(page).submit("code", fresh).expect("consent")
}

// not is another code.
func not(code string) string {
	if code == "" || code[0] != '1' {
		return "1" + strings.Repeat("0", 5)
	}
	return "2" + strings.Repeat("0", 5)
}

func TestB04OneSentCodeInFiftyParallelTriesPassesOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.allowSent()
	kari := w.person(w.acme, "kari@acme.test")
	w.give(kari, mfa.Email, []byte("kari@acme.test"))
	b := w.browser()
	b.toSecond(w.web, kari)
	code, _ := w.sent(kari)
	cookies, page := b.client.Jar.Cookies(w.issuer), b.at.Path
	var barrier, all sync.WaitGroup
	var passed atomic.Int32
	barrier.Add(1)
	for i := range 50 {
		all.Add(1)
		go func() {
			defer all.Done()
			c := w.browser()
			c.server = i % 2
			c.client.Jar.SetCookies(w.issuer, cookies)
			c.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			barrier.Wait()
			c.post(page, url.Values{"code": {code}})
			for _, k := range (&http.Response{Header: c.header}).Cookies() {
				if strings.HasPrefix(k.Name, "attempt-") && k.Value != "" {
					passed.Add(1)
				}
			}
		}()
	}
	barrier.Done()
	all.Wait()
	if passed.Load() != 1 {
		t.Errorf("%d of 50 passed, want 1", passed.Load())
	}
	if n := w.count(`SELECT count(*) FROM single_use WHERE kind = 'email_code' AND used_at IS NOT NULL`); n != 1 {
		t.Errorf("%d codes used", n)
	}
}

func TestA03B07CodeOfAnotherSignInOrPersonIsWorthNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.allowSent()
	alice, mallory := w.person(w.acme, "alice@acme.test"), w.person(w.acme, "mallory@acme.test")
	w.give(alice, mfa.Email, []byte("alice@acme.test"))
	w.give(mallory, mfa.Email, []byte("mallory@acme.test"))
	hers, his := w.browser(), w.browser()
	his.toSecond(w.web, mallory)
	code, _ := w.sent(mallory)
	hers.toSecond(w.web, alice)
	if hers.submit("code", code); hers.step() != "second-factor" {
		t.Error("mallory's code passes alice's sign-in")
	}
	first, _ := w.sent(alice)
	again := w.browser()
	w.clock.Advance(time.Minute)
	again.toSecond(w.web, alice) // sends a newer one
	if again.submit("code", first); again.step() != "second-factor" {
		t.Error("the code of one sign-in passes another")
	}
	if hers.submit("code", first); hers.step() != "second-factor" {
		t.Error("only the newest code works, and this is an older one")
	}
}

func TestC02NothingInARequestDecidesWhereACodeGoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.allowSent()
	kari := w.reached("kari@acme.test", "+4740612345")
	other := w.person(w.acme, "mallory@acme.test")
	foreign := w.give(other, mfa.SMS, []byte("+4740999999"))
	b := w.browser()
	b.toSecond(w.web, kari)
	at := strings.TrimSuffix(b.at.Path, "/second-factor")
	for _, form := range []url.Values{
		{"way": {"sms:" + foreign.String()}, "to": {"+4740999999"}, "number": {"+4740999999"}},
		{"way": {"email"}, "email": {"mallory@acme.test"}, "recipient": {"mallory@acme.test"}},
		{"way": {"sms:+4740999999"}},
	} {
		b.post(at+"/second-factor/choose?to=%2B4740999999&email=mallory@acme.test", form)
		if _, to := w.sent(kari); to != "" && to != "+4740612345" && to != "kari@acme.test" {
			t.Errorf("%v: a code went to %s", form, to)
		}
		if code, _ := w.sent(other); code != "" {
			t.Errorf("%v: a code went to somebody else", form)
		}
		w.clock.Advance(11 * time.Minute)
	}
}

func TestSecretOfAMessageIsNowhereInTheClear(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.allowSent()
	kari := w.person(w.acme, "kari@acme.test")
	w.give(kari, mfa.Email, []byte("kari@acme.test"))
	b := w.browser()
	b.toSecond(w.web, kari)
	code, _ := w.sent(kari)
	for _, sql := range []string{`SELECT count(*) FROM river_job WHERE args::text LIKE '%' || $1 || '%'`,
		`SELECT count(*) FROM messages m WHERE to_jsonb(m) - 'secret' ->> 'data' LIKE '%' || $1 || '%'`,
		`SELECT count(*) FROM audit_events WHERE detail::text LIKE '%"' || $1 || '"%'`} {
		if n := w.count(sql, code); n != 0 {
			t.Errorf("%s: %d", sql, n)
		}
	}
	if strings.Contains(w.logs.String(), `"`+code+`"`) || strings.Contains(b.body, code) {
		t.Error("the code stands in the log or on the page")
	}
}

func TestFailingDeliveryIsToldAndAnotherWayOffered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.allowSent()
	kari := w.reached("kari@acme.test", "+4740612345")
	b := w.browser()
	b.toSecond(w.web, kari)
	b.choose(mfa.SMS).expect("second-factor")
	if _, err := w.database.Admin(t).Exec(context.Background(), `UPDATE messages SET last_error = 'connection refused'`); err != nil {
		t.Fatal(err)
	}
	page := b.at.Path
	b.get(page + "/delivery")
	var told struct{ Sent, Failed bool }
	if err := json.Unmarshal([]byte(b.body), &told); err != nil || told.Sent || !told.Failed {
		t.Fatalf("%s (%v)", b.body, err)
	}
	b.get(page)
	if !strings.Contains(b.body, "could not deliver") {
		t.Errorf("the page does not tell that nothing arrives:\n%s", b.body)
	}
	b.choose(mfa.Email).expect("second-factor")
	code, _ := w.sent(kari)
	b.submit("code", code).expect("consent")
}
