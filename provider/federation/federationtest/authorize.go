package federationtest

import (
	"crypto/rand"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
)

// authorize signs the person in without a word and sends the browser back.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	s := p.current()
	q, ok := p.parameters(w, r, s)
	if !ok {
		return
	}
	p.note(func(n *record) { n.asked = append(n.asked, q) })
	back := url.Values{"state": {q.Get("state")}}
	req := p.request(r.PathValue("dir"), q, s)
	if s.AuthorizationError != "" {
		back.Set("error", s.AuthorizationError)
	} else {
		back.Set("code", p.remember(req))
	}
	if s.Iss {
		back.Set("iss", first(s.IssValue, req.Issuer))
	}
	if s.Back != nil {
		s.Back(back)
	}
	send(w, r, q, back)
}

// parameters refuses with 400, to the person and not to the redirect URI, what an honest client never sends.
func (p *Provider) parameters(w http.ResponseWriter, r *http.Request, s Script) (url.Values, bool) {
	_ = r.ParseForm()
	q := r.Form
	if uri := q.Get("request_uri"); uri != "" {
		p.mu.Lock()
		pushed, ok := p.pushed[uri]
		delete(p.pushed, uri)
		p.mu.Unlock()
		if !ok || pushed.Get("client_id") != q.Get("client_id") {
			http.Error(w, "unknown request_uri", http.StatusBadRequest)
			return nil, false
		}
		return pushed, true
	}
	if s.PARRequired {
		http.Error(w, "requests must be pushed", http.StatusBadRequest)
		return nil, false
	}
	if why := p.wrong(q); why != "" {
		http.Error(w, why, http.StatusBadRequest)
		return nil, false
	}
	return q, true
}

func (p *Provider) wrong(q url.Values) string {
	for name, want := range map[string]string{"client_id": p.ClientID, "response_type": "code", "code_challenge_method": "S256"} {
		if q.Get(name) != want {
			return fmt.Sprintf("%s is %q", name, q.Get(name))
		}
	}
	for _, name := range []string{"redirect_uri", "state", "nonce", "code_challenge", "scope"} {
		if q.Get(name) == "" || len(q[name]) > 1 {
			return name + " must be there once"
		}
	}
	return ""
}

func (p *Provider) request(dir string, q url.Values, s Script) Request {
	if dir == "" {
		return Request{Parameters: q, Issuer: p.URL}
	}
	if shared(dir) {
		dir = first(s.Directory, HomeDirectory)
	}
	return Request{Parameters: q, Issuer: p.Directory(dir), Directory: dir, entra: true}
}

func (p *Provider) remember(r Request) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	code := rand.Text()
	p.codes[code] = r
	return code
}

func (p *Provider) push(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	if !p.authenticated(w, r, PAR) {
		return
	}
	if why := p.wrong(r.PostForm); why != "" {
		refuse(w, http.StatusBadRequest, "invalid_request", why)
		return
	}
	uri := "urn:ietf:params:oauth:request_uri:" + rand.Text()
	p.mu.Lock()
	p.pushed[uri] = r.PostForm
	p.mu.Unlock()
	reply(w, "no-store", http.StatusCreated, map[string]any{"request_uri": uri, "expires_in": 60})
}

func send(w http.ResponseWriter, r *http.Request, q, back url.Values) {
	to := q.Get("redirect_uri")
	if q.Get("response_mode") != "form_post" {
		u, err := url.Parse(to)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		query := u.Query()
		for name := range back {
			query.Set(name, back.Get(name))
		}
		u.RawQuery = query.Encode()
		http.Redirect(w, r, u.String(), http.StatusFound)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, "<form method=\"post\" action=\"%s\">\n", html.EscapeString(to))
	for name := range back {
		fmt.Fprintf(w, "<input type=\"hidden\" name=\"%s\" value=\"%s\">\n", html.EscapeString(name), html.EscapeString(back.Get(name)))
	}
	fmt.Fprint(w, "<button>Continue</button></form>\n<script>document.forms[0].submit()</script>\n")
}

var (
	formTag  = regexp.MustCompile(`<form method="post" action="([^"]*)">`)
	inputTag = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)
)

// Posted reads the page by which a form_post answer travels: where it goes and what it says. It is false for any other page.
func Posted(page string) (action string, form url.Values, ok bool) {
	f := formTag.FindStringSubmatch(page)
	if f == nil {
		return "", nil, false
	}
	form = url.Values{}
	for _, m := range inputTag.FindAllStringSubmatch(page, -1) {
		form.Set(html.UnescapeString(m[1]), html.UnescapeString(m[2]))
	}
	return html.UnescapeString(f[1]), form, true
}

func with(address, name, value string) string {
	u, err := url.Parse(address)
	if err != nil || value == "" {
		return address
	}
	q := u.Query()
	q.Set(name, value)
	u.RawQuery = q.Encode()
	return u.String()
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
