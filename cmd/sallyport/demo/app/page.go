package app

import (
	"embed"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"html/template"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/pquerna/otp/totp"

	"sallyport/static"
)

//go:embed *.html *.css
var files embed.FS

func sheet(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, files, "app.css") }

var pages = template.Must(template.New("").Funcs(template.FuncMap{"asset": static.URL}).ParseFS(files, "*.html"))

// meanings explains the claims that a relying party of Sallyport decides by.
var meanings = map[string]string{
	"acr":       "how strongly it was proven who this is",
	"amr":       "what was shown: pwd a password, otp a code that works once, sms a code by text, pop a key or device, mfa two different factors",
	"auth_time": "when it was proven",
	"sid":       "the session at the provider",
	"tid":       "the tenant, for machines: it never changes",
	"tenant":    "the tenant, for people",
	"sub":       "the person, within the provider",
	"iss":       "who says all this",
	"aud":       "for which application",
	"exp":       "until when the token counts",
	"iat":       "when it was made",
	"nonce":     "ties the token to this sign-in",
	"at_hash":   "ties it to the access token",
	"name":      "what to call them",
	"email":     "where to reach them",

	"email_verified": "whether somebody vouches for the address",
}

type claim struct{ Name, Value, Meaning string }

// first are the claims worth looking at, in this order; the others follow.
var first = []string{"acr", "amr", "auth_time", "sid", "tid", "tenant", "sub"}

func table(claims map[string]any) []claim {
	names := slices.DeleteFunc(slices.Clone(first), func(name string) bool { return claims[name] == nil })
	for _, name := range slices.Sorted(maps.Keys(claims)) {
		if !slices.Contains(first, name) {
			names = append(names, name)
		}
	}
	var rows []claim
	for _, name := range names {
		rows = append(rows, claim{name, shown(name, claims[name]), meanings[name]})
	}
	return rows
}

func shown(name string, value any) string {
	if seconds, ok := value.(float64); ok && slices.Contains([]string{"auth_time", "exp", "iat", "updated_at"}, name) {
		return fmt.Sprintf("%.0f (%s)", seconds, time.Unix(int64(seconds), 0).UTC().Format("2006-01-02 15:04:05 UTC"))
	}
	if text, ok := value.(string); ok {
		return text
	}
	b, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func (a *app) home(w http.ResponseWriter, r *http.Request) {
	v := a.visitor(r)
	if v == nil {
		v = &visitor{}
	}
	page := struct {
		Tenants        []Tenant
		Issuer         string
		SignedIn       bool
		Name           string
		ID, About      []claim
		Refreshes      bool
		Until          time.Time
		Notice         string
		Failure        *failure
		Strong, Tenant string
	}{Tenants: a.Tenants, Issuer: a.Issuer, SignedIn: v.tokens != nil, ID: table(v.claims), About: table(v.about),
		Notice: v.notice, Failure: v.failure, Strong: "urn:sallyport:acr:aal2"}
	if v.tokens != nil {
		page.Name, _ = v.about["name"].(string)
		page.Tenant, _ = v.claims["tenant"].(string)
		page.Refreshes, page.Until = v.tokens.RefreshToken != "", v.tokens.Expiry.UTC()
	}
	a.show(w, "home.html", page)
	a.visitors.calm(r)
}

type code struct {
	Person, Now, Next string
}

// codes shows what the demo people's authenticator apps would show, and does the same for a key from the page
// where an app is set up.
func (a *app) codes(w http.ResponseWriter, r *http.Request) {
	keys, err := a.Codes(r.Context())
	if err != nil {
		a.Log.Error("read demo codes", slog.Any("error", err))
		http.Error(w, "The codes cannot be read now.", http.StatusInternalServerError)
		return
	}
	page := struct {
		Codes  []code
		Typed  *code
		Failed bool
		Left   int64
	}{Left: 30 - a.Now().Unix()%30}
	for _, k := range keys {
		if c, err := a.code(k.Person, base32.StdEncoding.EncodeToString(k.Seed)); err == nil {
			page.Codes = append(page.Codes, c)
		}
	}
	if typed := strings.Join(strings.Fields(r.PostFormValue("key")), ""); typed != "" {
		c, err := a.code("", strings.ToUpper(typed))
		page.Typed, page.Failed = &c, err != nil
	}
	a.show(w, "codes.html", page)
}

func (a *app) code(person, key string) (code, error) {
	now := a.Now()
	current, err := totp.GenerateCode(key, now)
	if err != nil {
		return code{}, err
	}
	next, err := totp.GenerateCode(key, now.Add(30*time.Second))
	return code{Person: person, Now: current, Next: next}, err
}

func (a *app) show(w http.ResponseWriter, name string, page any) {
	var b strings.Builder
	if err := pages.ExecuteTemplate(&b, name, page); err != nil {
		a.Log.Error("render page", slog.String("page", name), slog.Any("error", err))
		http.Error(w, "This page is broken.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write([]byte(b.String())) // an error means that the browser has gone
}
