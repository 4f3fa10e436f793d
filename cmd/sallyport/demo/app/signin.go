package app

import (
	"errors"
	"net/http"
	"net/url"

	"golang.org/x/oauth2"
)

// parameters of the authorization request that the page's buttons may set.
var parameters = []string{"tenant", "prompt", "acr_values", "domain_hint"}

func (a *app) signIn(w http.ResponseWriter, r *http.Request) {
	extra := map[string]string{}
	for _, name := range parameters {
		if value := r.PostFormValue(name); value != "" {
			extra[name] = value
		}
	}
	address, asked, err := a.party.ask(r.Context(), extra)
	if err != nil {
		a.fail(w, r, a.visitor(r), err)
		return
	}
	next := visitor{}
	if v := a.visitor(r); v != nil {
		next = *v
	}
	next.asked, next.notice, next.failure = asked, "", nil
	a.welcome(w, r, &next)
	http.Redirect(w, r, address, http.StatusSeeOther)
}

// callback takes the provider's answer. A person who was signed in stays so when it is an error.
func (a *app) callback(w http.ResponseWriter, r *http.Request) {
	v := a.visitor(r)
	answer := r.URL.Query()
	if err := a.check(v, answer); err != nil {
		a.fail(w, r, v, err)
		return
	}
	signed, err := a.party.redeem(r.Context(), answer.Get("code"), v.asked)
	if err != nil {
		a.fail(w, r, v, err)
		return
	}
	signed.notice = "Signed in."
	a.welcome(w, r, signed)
	home(w, r)
}

func (a *app) check(v *visitor, answer url.Values) error {
	switch {
	case v == nil || v.asked == nil || answer.Get("state") != v.asked.state:
		return errors.New("this answer belongs to no sign-in begun in this browser: state differs")
	case answer.Get("iss") != a.Issuer:
		// An answer of another provider must not reach this one's token endpoint (RFC 9207).
		return errors.New("this answer does not come from our provider: iss differs")
	case answer.Get("error") != "":
		return &oauth2.RetrieveError{ErrorCode: answer.Get("error"), ErrorDescription: answer.Get("error_description")}
	}
	return nil
}

func (a *app) refresh(w http.ResponseWriter, r *http.Request) {
	v := a.visitor(r)
	if v == nil || v.tokens == nil {
		home(w, r)
		return
	}
	renewed, err := a.party.renew(r.Context(), v)
	if err != nil {
		a.fail(w, r, v, err)
		return
	}
	renewed.notice = "Tokens refreshed: the provider asked its policy again and agreed."
	a.welcome(w, r, renewed)
	home(w, r)
}

// signOut forgets the visitor here and then lets the provider end its session.
func (a *app) signOut(w http.ResponseWriter, r *http.Request) {
	v := a.visitor(r)
	a.welcome(w, r, &visitor{notice: "Signed out."})
	if v != nil && v.idToken != "" {
		if address, ok := a.party.farewell(r.Context(), v.idToken); ok {
			http.Redirect(w, r, address, http.StatusSeeOther)
			return
		}
	}
	home(w, r)
}

// fail shows the error and keeps whoever was signed in; a sign-in under way is over.
func (a *app) fail(w http.ResponseWriter, r *http.Request, v *visitor, err error) {
	next := visitor{}
	if v != nil {
		next = *v
	}
	next.asked, next.notice, next.failure = nil, "", explain(err)
	a.welcome(w, r, &next)
	home(w, r)
}

func explain(err error) *failure {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && refused.ErrorCode != "" {
		return &failure{refused.ErrorCode, refused.ErrorDescription}
	}
	return &failure{"not accepted", err.Error()}
}
