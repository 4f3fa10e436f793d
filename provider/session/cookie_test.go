package session_test

import (
	"strings"
	"testing"

	"sallyport/provider/session"
	"sallyport/provider/token"
	"sallyport/storage/id"
)

func reference(t id.Tenant) session.Reference {
	return session.Reference{ID: id.NewSession(), Secret: token.New(token.Session, t)}
}

func texts(all []session.Reference) string {
	var out []string
	for _, r := range all {
		out = append(out, r.Text())
	}
	return strings.Join(out, "|")
}

func TestCookieReadsBackNewestFirst(t *testing.T) {
	t.Parallel()
	a, b := reference(id.NewTenant()), reference(id.NewTenant())
	cookie := session.Put(session.Put("", a), b)
	if want := b.Text() + "|" + a.Text(); cookie != want || texts(session.References(cookie)) != want {
		t.Errorf("cookie %q, want %q", cookie, want)
	}
	if got := session.References(cookie)[1]; got.ID != a.ID || got.Secret.Tenant != a.Secret.Tenant || string(got.Secret.Hash) != string(a.Secret.Hash) {
		t.Errorf("reference %+v, want %+v", got, a)
	}
}

func TestOneSessionPerTenant(t *testing.T) {
	t.Parallel()
	tenant := id.NewTenant()
	old, other, fresh := reference(tenant), reference(id.NewTenant()), reference(tenant)
	cookie := session.Put(session.Put(session.Put("", old), other), fresh)
	if want := fresh.Text() + "|" + other.Text(); cookie != want {
		t.Errorf("cookie %q, want %q", cookie, want)
	}
	if got := session.Remove(cookie, tenant); got != other.Text() {
		t.Errorf("after removal %q", got)
	}
	if got := session.Remove(cookie, id.NewTenant()); got != cookie {
		t.Errorf("a stranger's removal leaves %q", got)
	}
	if got := session.Remove(other.Text(), other.Secret.Tenant); got != "" {
		t.Errorf("the last one leaves %q", got)
	}
}

func TestCookieKeepsFive(t *testing.T) {
	t.Parallel()
	cookie := ""
	var all []session.Reference
	for range 7 {
		r := reference(id.NewTenant())
		all = append([]session.Reference{r}, all...)
		cookie = session.Put(cookie, r)
	}
	if want := texts(all[:5]); cookie != want || len(cookie) > 4000 {
		t.Errorf("%d bytes: %q", len(cookie), cookie)
	}
	if got := session.References(texts(all)); len(got) != 5 {
		t.Errorf("%d of seven were read", len(got))
	}
}

func TestMalformedReferencesAreLeftOut(t *testing.T) {
	t.Parallel()
	good := reference(id.NewTenant())
	i, secret := good.ID.String(), good.Secret.Text
	for _, s := range []string{"", "|", "||||", "~", "~|~", i, i + "~", "~" + secret, secret + "~" + i, i + "~" + secret + "~", i + "~" + secret[:60], i + "~" + secret + "A",
		strings.ToUpper(i) + "~" + secret, "{" + i + "}~" + secret, i[:35] + "~" + secret, i + "~" + token.New(token.Access, id.Lobby).Text, i + "~" + secret[:len(secret)-1] + "\n",
		" " + good.Text(), good.Text() + " ", strings.Repeat("x", 10000), strings.Repeat("|", 10000), "\x00", `"` + good.Text() + `"`} {
		if got := session.References(s); len(got) != 0 {
			t.Errorf("%.40q: %d references", s, len(got))
		}
		if got := session.References(s + "|" + good.Text() + "|" + s); len(got) != 1 || got[0].ID != good.ID {
			t.Errorf("%.40q hides its neighbour", s)
		}
		if got := session.Put(s, good); got != good.Text() {
			t.Errorf("%.40q stays in the cookie: %.80q", s, got)
		}
	}
}
