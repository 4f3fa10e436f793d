package issuer

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"sallyport/mfa/policy"
	"sallyport/provider/attempt"
	"sallyport/provider/web"
	"sallyport/storage/id"
)

// begin stores the attempt and asks Next once: what is already done is issued, what prompt=none cannot do
// is an error, and the rest is for the person.
func (i *Issuer) begin(w http.ResponseWriter, r *http.Request, a *asked) error {
	name, binding, err := attempt.Begin(r.Context(), i.Store, a.start, a.now)
	if err != nil {
		return err
	}
	at, err := attempt.Load(r.Context(), i.Store.Tenant(a.start.Tenant), a.start.Tenant, name, attempt.Presented{Binding: binding, Address: i.Edge.ClientAddr(r)})
	if err != nil {
		return err
	}
	note(r, at)
	step, decision := at.Next(a.now)
	if step != attempt.StepDone && a.prompts("none") {
		return silent(step, decision)
	}
	if err := i.bind(w, r, name, binding); err != nil {
		return err
	}
	if step == attempt.StepDone {
		return web.SeeOther(w, r, "/authorize/callback?"+url.Values{"attempt": {at.Handle()}}.Encode())
	}
	return web.SeeOther(w, r, "/signin/"+at.Handle())
}

func note(r *http.Request, a *attempt.Attempt) {
	ev := web.EventFrom(r.Context())
	ev.Set("attempt", a.ID.String())
	ev.Set("tenant", a.Tenant.String())
	if a.User != nil {
		ev.Set("user", a.User.String())
	}
}

// silent says what a person would have had to do (OpenID Connect Core 3.1.2.6).
func silent(step attempt.Step, d policy.Decision) refusal {
	switch step {
	case attempt.StepEnrol, attempt.StepSecond:
		return refuse("interaction_required", "a further proof is needed")
	case attempt.StepConsent:
		return refuse("consent_required", "the person has not allowed this")
	case attempt.StepRefused:
		return turnedAway(d)
	}
	return refuse("login_required", "nobody who may is signed in")
}

func turnedAway(d policy.Decision) refusal {
	if d.Unmet {
		return refuse(unmet, "the level asked for cannot be reached")
	}
	return refuse("access_denied", "the person may not sign in here")
}

// kept is how many sign-ins one browser may have in progress: a request header has room for few cookies.
const kept = 5

// bind gives the browser the secret of its attempt, and room for it by forgetting the oldest others.
func (i *Issuer) bind(w http.ResponseWriter, r *http.Request, a id.Attempt, binding string) error {
	held := attempts(r)
	for len(held) >= kept {
		i.Edge.Cookies.Clear(w, r, attempt.Cookie(held[0]))
		held = held[1:]
	}
	return i.Edge.Cookies.Set(w, r, attempt.Cookie(a), binding, i.AttemptLife)
}

// attempts lists the attempts that the browser holds cookies of, oldest first: their names begin with the time.
func attempts(r *http.Request) []id.Attempt {
	var out []id.Attempt
	prefix := strings.TrimSuffix(attempt.Cookie(id.Attempt{}), strings.Repeat("A", 22))
	for _, c := range r.Cookies() {
		text, ok := strings.CutPrefix(strings.TrimPrefix(c.Name, "__Host-"), prefix)
		b, err := base64.RawURLEncoding.DecodeString(text)
		if a := (id.Attempt{}); ok && err == nil && len(b) == len(a.UUID) {
			copy(a.UUID[:], b)
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(a, b id.Attempt) int { return bytes.Compare(a.UUID[:], b.UUID[:]) })
	return out
}
