package entra

import (
	"net/http"
	"net/url"
	"slices"
	"time"
)

// ages are how long ago the sign-in may have been.
var ages = []age{{"now", "just now", 0}, {"10m", "10 minutes ago", 10 * time.Minute}, {"8h", "8 hours ago", 8 * time.Hour}}

type age struct {
	Value, Text string
	ago         time.Duration
}

// asked is a page for the visitor. Everything that came is sent along with the form and checked again.
type asked struct {
	Title       string
	Action      string
	Directories []Directory
	Fields      url.Values
	Who         string
	Contexts    []string
	Wanted      []string // of the contexts
	Ages        []age
	Again       bool
	Failed      bool
}

func (p *provider) ask(w http.ResponseWriter, r *http.Request, a authority) {
	if q, ok := p.understood(w, r, r.URL.Query()); ok {
		p.show(w, http.StatusOK, "authorize.html", page(a, q, r.URL.Query()))
	}
}

// understood answers whatever is wrong with a request.
func (p *provider) understood(w http.ResponseWriter, r *http.Request, v url.Values) (request, bool) {
	if bad := p.addressed(v); bad != nil {
		p.wrong(w, bad.number, bad.text)
		return request{}, false
	}
	q, bad := read(v)
	if bad != nil {
		p.refuse(w, r, q, *bad)
	}
	return q, bad == nil
}

// forwarded are the parameters that the form carries on.
var forwarded = []string{"client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce", "code_challenge",
	"code_challenge_method", "prompt", "claims", "login_hint", "domain_hint"}

func page(a authority, q request, v url.Values) asked {
	fields := url.Values{}
	for _, name := range forwarded {
		if v.Has(name) {
			fields.Set(name, v.Get(name))
		}
	}
	title := "Pick an account"
	if len(a.directories) == 1 {
		title = "Sign in at " + a.directories[0].Name
	}
	who := a.hinted(q.login, q.domain)
	if who == "" {
		who = a.directories[0].People[0].OID
	}
	return asked{Title: title, Action: "/" + a.name + "/oauth2/v2.0/authorize", Directories: a.directories, Fields: fields, Who: who, Wanted: q.contexts,
		Contexts: offered(q), Ages: ages, Again: q.again}
}

// offered are the contexts that the visitor may say are satisfied: those asked for, and always the first.
func offered(q request) []string {
	if slices.Contains(q.contexts, "c1") {
		return q.contexts
	}
	return append([]string{"c1"}, q.contexts...)
}

// answer takes what the visitor picked.
func (p *provider) answer(w http.ResponseWriter, r *http.Request, a authority) {
	if err := r.ParseForm(); err != nil {
		p.wrong(w, "AADSTS900144", "The form could not be read.")
		return
	}
	q, ok := p.understood(w, r, r.PostForm)
	if !ok {
		return
	}
	if r.PostForm.Has("cancel") {
		p.refuse(w, r, q, problem{"access_denied", "AADSTS65004", "The person cancelled."})
		return
	}
	g, ok := p.picked(a, q, r.PostForm)
	if !ok {
		again := page(a, q, r.PostForm)
		again.Failed = true
		p.show(w, http.StatusUnprocessableEntity, "authorize.html", again)
		return
	}
	p.send(w, r, q, url.Values{"code": {p.codes.keep(g, p.Now())}})
}

// picked is what was chosen; ok is false where it is not one of the page's choices. Whoever has to sign in again does it
// now, whatever the form says.
func (p *provider) picked(a authority, q request, v url.Values) (g grant, ok bool) {
	d, person, ok := a.find(func(_ Directory, o Person) bool { return o.OID == v.Get("person") })
	i := slices.IndexFunc(ages, func(o age) bool { return o.Value == v.Get("age") })
	if q.again {
		i = 0
	}
	if !ok || i < 0 {
		return grant{}, false
	}
	satisfied := slices.DeleteFunc(offered(q), func(c string) bool { return !slices.Contains(v["acrs"], c) })
	return grant{authority: a.name, directory: d, person: person, request: q, mfa: v.Get("mfa") == "yes", contexts: satisfied,
		at: p.Now().Add(-ages[i].ago)}, true
}

func (p *provider) refuse(w http.ResponseWriter, r *http.Request, q request, bad problem) {
	p.send(w, r, q, url.Values{"error": {bad.code}, "error_description": {bad.description()}})
}

// send brings an answer to the application the way it asked for (OAuth 2.0 Multiple Response Types, OAuth 2.0 Form Post
// Response Mode).
func (p *provider) send(w http.ResponseWriter, r *http.Request, q request, answer url.Values) {
	if q.state != "" {
		answer.Set("state", q.state)
	}
	if q.mode == "form_post" {
		p.show(w, http.StatusOK, "form_post.html", struct {
			Action string
			Fields url.Values
		}{q.redirect, answer})
		return
	}
	redirect(w, r, q.redirect, answer)
}

// redirect keeps the parameters that the address has already.
func redirect(w http.ResponseWriter, r *http.Request, address string, more url.Values) {
	to, err := url.Parse(address)
	if err != nil {
		http.Error(w, "The address of the application cannot be read.", http.StatusBadRequest)
		return
	}
	v := to.Query()
	for name := range more {
		v.Set(name, more.Get(name))
	}
	to.RawQuery = v.Encode()
	http.Redirect(w, r, to.String(), http.StatusSeeOther)
}
