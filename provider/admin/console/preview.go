package console

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/session"
	"sallyport/provider/web"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/templates"
)

// strictness orders the modes.
var strictness = map[policy.Mode]int{policy.Off: 0, policy.Optional: 1, policy.Required: 2}

// effect is whom a new version treats otherwise, as things are now.
type effect struct{ notAsked, asked, enrol, stranded int }

// outcome is what somebody meets after the right password; the order is not one of strictness.
type outcome int

const (
	letIn outcome = iota
	isAsked
	mustEnrol
	isStranded
)

// loosens reports whether somebody is asked for less: what makes an attacker's day is asked about before it is saved.
func loosens(current, next policy.Policy, e effect) bool {
	forgets := next.SecondFactor == policy.Off && next.ForgetEnrolled && !(current.SecondFactor == policy.Off && current.ForgetEnrolled)
	return strictness[next.SecondFactor] < strictness[current.SecondFactor] || forgets || e.notAsked > 0 || len(opened(current, next)) > 0
}

// opened says what becomes possible that was not.
func opened(current, next policy.Policy) []templates.Passage {
	var out []templates.Passage
	if current.NoPasswords && !next.NoPasswords {
		out = append(out, templates.Passage{Key: templates.PreviewPasswords})
	}
	if next.ResetOutside && !current.ResetOutside {
		out = append(out, templates.Passage{Key: templates.PreviewOutside})
	}
	return out
}

// compare has the one judge say for every person what the password alone leads to, before and after.
func compare(people []db.ListUsersRow, current, next policy.Policy, now time.Time) effect {
	var e effect
	for _, p := range people {
		if p.Disabled || p.Service {
			continue
		}
		before, after := lands(p, current, next, now), lands(p, next, next, now)
		switch {
		case before == after:
		case after == letIn:
			e.notAsked++
		case after == isStranded:
			e.stranded++
		case after == mustEnrol:
			e.enrol++
		case before == letIn:
			e.asked++
		}
	}
	return e
}

// lands judges a sign-in to a page of ours from an address that nobody knows. Of factors the list tells only how many there
// are: they are taken to be of a kind that still counts.
func lands(p db.ListUsersRow, under, next policy.Policy, now time.Time) outcome {
	u := policy.User{Known: true, ID: p.ID, Role: p.Role, Email: p.Email, EmailConfirmed: true}
	if p.Factors > 0 {
		u.Factors = []mfa.Authenticator{{ID: id.NewFactor(), Kind: kept(under, next)}}
	}
	d := policy.Decide(policy.Facts{Now: now, TenantLive: true, Policy: &under, User: u, Proofs: []mfa.Proof{{Kind: mfa.Password, At: now}}})
	switch {
	case d.Refused:
		return isStranded
	case d.Second == policy.SecondEnrol:
		return mustEnrol
	case d.Second == policy.SecondAsk:
		return isAsked
	}
	return letIn
}

// kept is a method of both versions, if there is one.
func kept(under, next policy.Policy) mfa.Kind {
	for _, k := range under.Methods {
		if slices.Contains(next.Methods, k) {
			return k
		}
	}
	return slices.Concat(under.Methods, next.Methods, []mfa.Kind{mfa.TOTP})[0]
}

func (e effect) sentences() []templates.Passage {
	var out []templates.Passage
	for _, s := range []struct {
		key   string
		count int
	}{{templates.PreviewNotAsked, e.notAsked}, {templates.PreviewAsked, e.asked}, {templates.PreviewEnrol, e.enrol}, {templates.PreviewStranded, e.stranded}} {
		if s.count > 0 {
			out = append(out, templates.Passage{Key: s.key, Data: map[string]any{"Count": s.count}})
		}
	}
	return out
}

// preview shows whom the change lets in more easily, and has it posted again.
func (c *Console) preview(w http.ResponseWriter, r *http.Request, s *session.Session, posted map[string]string, sentences []templates.Passage) error {
	return web.Render(w, r, http.StatusOK, templates.PolicyPreview{Frame: templates.Frame{Tenant: s.TenantName, User: s.Email}, Action: "/admin/policy",
		CancelURL: "/admin/policy", Fields: hidden(posted), Sentences: sentences})
}

// hidden is a form to be posted once more.
func hidden(posted map[string]string) (out []templates.Field) {
	for _, name := range slices.Sorted(maps.Keys(posted)) {
		if posted[name] != "" && name != "confirmed" {
			out = append(out, templates.Field{Name: name, Value: posted[name]})
		}
	}
	return out
}

// effect reads everybody in the tenant; it is asked for only when a form is saved.
func (c *Console) effect(r *http.Request, s *session.Session, current, next policy.Policy) (effect, error) {
	people, err := c.config.Store.Tenant(s.Tenant).ListUsers(r.Context(), s.Tenant)
	if err != nil {
		return effect{}, fmt.Errorf("read people: %w", err)
	}
	return compare(people, current, next, c.config.Now()), nil
}
