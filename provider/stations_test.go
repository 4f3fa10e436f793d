package provider_test

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/federation"
	"sallyport/provider/federation/federationtest"
	"sallyport/provider/notify"
	"sallyport/provider/token"
	"sallyport/provider/user"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// station is a page that a person stands on with everything proven that leads there, and nothing more.
type station struct {
	name string
	// reach is called again when the page is left, so everybody in it is new.
	reach func(*world) *browser
	// shut says that without its cookies the page does not exist.
	shut bool
}

// newcomer is somebody in a tenant whose name nobody had before.
func (w *world) newcomer(t id.Tenant) *person {
	return w.person(t, "p"+id.NewUser().String()[24:]+"@acme.test")
}

// generous allows every kind of factor, to everybody, and has a tenant whose people can sign in elsewhere.
func (w *world) generous() {
	w.allowSent()
	w.exec("SELECT") // opens what outlives the stations, each of which is a test of its own
	w.up = w.connect(w.tenant("initech", policy.Optional), federation.OIDC, func(s *federation.Settings) { s.FormPost = true })
	w.up.op.Script(func(s *federationtest.Script) { s.Iss = true })
	for _, t := range []id.Tenant{w.acme, w.globex} {
		w.setPolicy(t, func(p *policy.Policy) { p.EnrolSkips, p.TrustedDevice = 3, 30*24*3600 })
	}
}

// stations are every page with a form there is, one or more of each step.
func stations() []station {
	all := []station{
		{"identify", func(w *world) *browser { b := w.browser(); b.toIdentify(w.web); return b }, true},
		{"password", atPassword(""), true},
		{"organisation", atPassword("tenant"), true},
		{"forgot", atPassword("forgot"), true},
		{"switch", atPassword("identify"), true},
		{"choice of the second factor", func(w *world) *browser { return w.asked(mfa.SMS, mfa.Email) }, true},
		{"backup code", func(w *world) *browser { b := w.spare(); return b.get(b.at.Path + "?way=backup_code") }, true},
		{"access code", atAccessCode, true},
		{"choice of enrolment", func(w *world) *browser { return w.enrolling("") }, true},
		{"number's code", atNumber, true},
		{"backup codes", atBackupCodes, true},
		{"consent", atConsent, true},
		{"refused", atRefused, true},
		{"settings", func(w *world) *browser { return w.settings(w.newcomer(w.globex)).get("/account") }, true},
		{"settings with a trusted device", func(w *world) *browser { return w.trusting() }, true},
		{"end of a trusted device", atDevice, true},
		{"policy", atPolicy, true},
		{"sign out", func(w *world) *browser { return w.settings(w.newcomer(w.globex)).get("/end_session") }, false},
		{"reset link", func(w *world) *browser { return w.browser().get(w.path(w.resetLink(w.newcomer(w.acme)))) }, false},
		{"link to the new address", atNewAddress, false},
		{"objection", atObjection, false},
	}
	for _, k := range mfa.Kinds() {
		all = append(all, station{"second factor " + string(k), func(w *world) *browser { return w.asked(k) }, true},
			station{"enrolment of " + string(k), func(w *world) *browser { return w.enrolling(k) }, true})
	}
	for _, page := range []string{"/account/password", "/account/email", "/account/backup-codes/replace", "/account/factors/{factor}/remove",
		"/account/sessions/{session}/end", "/account/consents/web/revoke"} {
		all = append(all, station{page, atSetting(page), true})
	}
	return slices.Concat(all, upstreamStations(), consoleStations())
}

func atPassword(page string) func(*world) *browser {
	return func(w *world) *browser {
		b := w.browser()
		b.toIdentify(w.web)
		b.submit("email", w.newcomer(w.acme).email).expect("password")
		if page == "" {
			return b
		}
		return b.get(strings.TrimSuffix(b.at.Path, "password") + page)
	}
}

// asked is somebody with those factors at the page that asks for one.
func (w *world) asked(kinds ...mfa.Kind) *browser {
	p := w.newcomer(w.acme)
	for _, k := range kinds {
		switch k {
		case mfa.TOTP:
			w.enrol(p)
		case mfa.WebAuthn:
			w.hold(p, w.key())
		case mfa.SMS:
			w.give(p, k, []byte("+4740612345"))
		case mfa.Email:
			w.give(p, k, []byte(p.email))
		}
	}
	b := w.browser()
	b.toSecond(w.web, p)
	return b
}

// spare is somebody with an app and backup codes at the second factor.
func (w *world) spare() *browser {
	p := w.newcomer(w.acme)
	w.enrol(p)
	w.codesFor(p)
	b := w.browser()
	b.toSecond(w.web, p)
	return b
}

// codesFor gives somebody a backup code that nobody knows.
func (w *world) codesFor(p *person) {
	w.t.Helper()
	if err := w.store.InTenant(context.Background(), p.tenant, func(tx *storage.Tx) error {
		return tx.Later().IssuePersonal(context.Background(), db.IssuePersonalParams{TenantID: p.tenant, Kind: string(mfa.BackupCode), Owner: p.id.UUID, Data: []byte("{}"),
			Now: w.clock.Now(), Expires: w.clock.Now().Add(time.Hour * 24 * 365), Hashes: [][]byte{token.Hash(p.email)}})
	}); err != nil {
		w.t.Fatal(err)
	}
}

func atAccessCode(w *world) *browser {
	p := w.newcomer(w.acme)
	w.enrol(p)
	w.access(p)
	b := w.browser()
	b.toSecond(w.web, p)
	return b.get(b.at.Path + "?way=access_code")
}

// enrolling is somebody without factors who is made to have one; "" has not chosen yet.
func (w *world) enrolling(k mfa.Kind) *browser {
	b := w.browser()
	b.toPassword(w.web, w.newcomer(w.acme))
	if b.submit("password", password).expect("enrol"); k == "" {
		return b
	}
	return b.submit("method", string(k)).expect("enrol")
}

func atNumber(w *world) *browser {
	return w.enrolling(mfa.SMS).submit("number", "40612345", "country", "NO").expect("enrol")
}

func atBackupCodes(w *world) *browser {
	return w.enrolling(mfa.WebAuthn).register(w.key()).expect("backup-codes")
}

func atConsent(w *world) *browser {
	k := w.key()
	w.hold(w.newcomer(w.acme), k)
	b := w.browser()
	b.toIdentify(w.web)
	return b.touch(k).expect("consent")
}

func atRefused(w *world) *browser {
	p, k, b := w.newcomer(w.acme), w.key(), w.browser()
	w.hold(p, k)
	b.toIdentify(w.web)
	w.disable(p)
	return b.touch(k).expect("refused")
}

// settings is somebody with a key, backup codes, another session and an application, who has just signed in.
func (w *world) settings(p *person) *browser {
	k := w.key()
	w.hold(p, k)
	w.codesFor(p)
	other, b := w.browser(), w.browser()
	other.toIdentify(w.web)
	other.touch(k).expect("consent").submit("decision", "allow")
	b.get("/account").expect("identify").touch(k).expect("account")
	return b
}

func atSetting(page string) func(*world) *browser {
	return func(w *world) *browser {
		p := w.newcomer(w.globex)
		b := w.settings(p)
		ids := map[string]string{"{factor}": "SELECT id::text FROM factors WHERE user_id = $1",
			"{session}": "SELECT id::text FROM sessions WHERE user_id = $1 ORDER BY created_at, id LIMIT 1"}
		at := page
		for variable, sql := range ids {
			if strings.Contains(at, variable) {
				at = strings.ReplaceAll(at, variable, w.text(sql, p.id))
			}
		}
		return b.get(at)
	}
}

// trusting is somebody whose address is not confirmed, in the settings of a browser that is trusted.
func (w *world) trusting() *browser {
	p, k, b := w.newcomer(w.globex), w.key(), w.browser()
	w.hold(p, k)
	b.toSecond(w.web, p)
	c := b.ceremony()
	b.post(c.action, url.Values{"assertion": {w.must(k.Get(c.options))}, "issued": {c.issued}, "way": {"webauthn"}, "trust": {"on"}}).expect("consent").submit("decision", "allow")
	w.exec("UPDATE users SET email_confirmed_at = NULL WHERE id = $1", p.id)
	return b.get("/account").expect("account")
}

func atDevice(w *world) *browser {
	b := w.trusting()
	return b.get("/account/devices/" + w.text("SELECT id::text FROM trusted_devices WHERE ended_at IS NULL ORDER BY created_at DESC, id DESC LIMIT 1") + "/end").expect("end")
}

func atPolicy(w *world) *browser {
	return w.settings(w.promote(w.newcomer(w.globex), "owner")).get("/admin/policy")
}

func (w *world) promote(p *person, role string) *person {
	w.exec("UPDATE users SET role = $2 WHERE id = $1", p.id, role)
	return p
}

func (w *world) cause() user.Cause {
	return user.Cause{By: audit.Operator, Locale: "en", Now: w.clock.Now()}
}

func atNewAddress(w *world) *browser {
	p := w.newcomer(w.acme)
	if err := (user.Links{Store: w.store, Outbox: notify.Outbox{Seal: w.seal, PublicURL: w.issuer}}).AskChange(context.Background(), p.tenant, p.id, "new"+p.email, w.cause()); err != nil {
		w.t.Fatal(err)
	}
	_, secrets := w.messages(p)
	for _, s := range secrets {
		if strings.Contains(s.Link, "/email/") {
			return w.browser().get(w.path(s.Link))
		}
	}
	w.t.Fatal("no link to the new address")
	return nil
}

func atObjection(w *world) *browser {
	p := w.newcomer(w.acme)
	secret := token.New(token.Objection, p.tenant)
	if err := w.store.InTenant(context.Background(), p.tenant, func(tx *storage.Tx) error {
		return tx.Later().IssuePersonal(context.Background(), db.IssuePersonalParams{TenantID: p.tenant, Kind: "objection", Owner: p.id.UUID, Data: []byte("{}"),
			Now: w.clock.Now(), Expires: w.clock.Now().Add(time.Hour), Hashes: [][]byte{secret.Hash}})
	}); err != nil {
		w.t.Fatal(err)
	}
	return w.browser().get("/objection/" + secret.Text)
}

// path is that of an address of ours.
func (w *world) path(address string) string { return strings.TrimPrefix(address, w.issuer.String()) }

// text reads one text as a superuser.
func (w *world) text(sql string, args ...any) string {
	w.t.Helper()
	var s string
	w.super(&s, sql, args...)
	return s
}
