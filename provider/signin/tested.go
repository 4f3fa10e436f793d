package signin

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/attempt"
	"sallyport/provider/federation"
	"sallyport/provider/federation/oidcrp"
	"sallyport/provider/web"
	"sallyport/templates"
)

// longestClaim and mostClaims bound what is kept of a token for the page of a test.
const longestClaim, mostClaims = 500, 60

// test keeps what a connection told an administrator. It proves nothing and links nobody.
func (s *SignIn) test(v *visit, _ federation.Connection, p federation.Person, t oidcrp.Token) error {
	v.a.Facts.Upstream.State = nil
	v.a.Facts.Tested = &attempt.Tested{Upstream: p.Upstream, Claims: claims(t), Email: p.Email, EmailTrusted: p.EmailTrusted, GroupsKnown: p.GroupsKnown}
	return s.advance(v, nothing)
}

func claims(t oidcrp.Token) map[string]string {
	out := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(t.Claims)) {
		// Postgres stores no zero in a name; who writes one there has nothing to tell.
		if len(out) < mostClaims && len(name) <= 100 && !strings.ContainsFunc(name, unicode.IsControl) {
			text := string(t.Claims[name])
			out[name] = strings.ToValidUTF8(text[:min(len(text), longestClaim)], "")
		}
	}
	return out
}

func (s *SignIn) showTested(v *visit) error {
	c, err := s.Connections.Find(v.r.Context(), v.a.Tenant, v.a.Request.Connection)
	if err != nil {
		return err
	}
	told, stand := v.a.Facts.Tested, v.stand(c.ID)
	page := templates.Tested{Frame: v.frame(), Connection: c.Name, Kind: string(c.Kind), Mode: string(stand.Mode), Failed: told.Failed,
		BackURL: v.a.Request.ReturnTo, AgainAction: v.path("tested")}
	page.SwitchURL = ""
	if told.Failed == "" {
		weighed := stand.Weigh(told.Upstream, v.now)
		page.Grade, page.Accepted = string(weighed.Grade), weighed.Level > mfa.OneFactor
		page.Outcome = string(v.wouldBe(told).Outcome())
		for _, name := range slices.Sorted(maps.Keys(told.Claims)) {
			page.Claims = append(page.Claims, templates.Claim{Name: name, Value: told.Claims[name]})
		}
		page.Advice = advice(c, told, stand)
	} else {
		page.Reason, page.Detail, _ = strings.Cut(told.Detail, " ")
	}
	return web.Render(v.w, v.r, 200, page)
}

// wouldBe is what a sign-in like this one leads to for somebody of the address that was told, without a factor: rules may
// go by its domain.
func (v *visit) wouldBe(told *attempt.Tested) policy.Decision {
	u := told.Upstream
	return policy.Decide(policy.Facts{Now: v.now, Policy: v.a.Policy, TenantLive: true, Address: v.a.Address,
		User:   policy.User{Known: true, Role: "user", Email: told.Email, Identities: []policy.Identity{{ID: u.Identity, Connection: u.Connection}}},
		Proofs: []mfa.Proof{{Kind: mfa.Federated, At: v.now, Upstream: u}}})
}

func advice(c federation.Connection, told *attempt.Tested, stand policy.Exemption) []templates.Passage {
	raw := map[string]json.RawMessage{}
	for name, text := range told.Claims {
		raw[name] = json.RawMessage(text)
	}
	var out []templates.Passage
	p := federation.Person{Upstream: told.Upstream, Email: told.Email, EmailTrusted: told.EmailTrusted, GroupsKnown: told.GroupsKnown}
	for _, a := range c.Advice(p, raw, stand) {
		out = append(out, templates.Passage{Key: a.Key, Data: a.Data})
	}
	return out
}

func (s *SignIn) testAgain(v *visit) error {
	if _, err := web.Form(v.r); err != nil {
		return err
	}
	v.a.Facts.Tested, v.a.Facts.Upstream = nil, nil
	return s.advance(v, nothing)
}
