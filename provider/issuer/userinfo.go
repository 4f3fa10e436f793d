package issuer

import (
	"errors"
	"mime"
	"net/http"
	"slices"
	"strings"

	"sallyport/provider/token"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// person is what userinfo tells, by scope (OpenID Connect Core 5.4).
type person struct {
	Subject       string  `json:"sub"`
	TID           string  `json:"tid"`
	Tenant        string  `json:"tenant"`
	Name          *string `json:"name,omitempty"`
	Email         *string `json:"email,omitempty"`
	EmailVerified *bool   `json:"email_verified,omitempty"`
}

// userinfo answers whoever bears a person's access token with the scope openid. One round trip.
func (i *Issuer) userinfo(w http.ResponseWriter, r *http.Request) error {
	text, err := bearer(r)
	if err != nil {
		return challenge(w, r, err)
	}
	secret, ok := i.accessSecret(text)
	if !ok {
		return challenge(w, r, errToken)
	}
	row, err := i.live(r.Context(), secret)
	if errors.Is(err, storage.ErrNotFound) || err == nil && row.GrantID == nil {
		return challenge(w, r, errToken)
	}
	if err != nil {
		return noted(r.Context(), err).write(w)
	}
	if !slices.Contains(row.Scopes, "openid") {
		return challenge(w, r, refusal{http.StatusForbidden, "insufficient_scope", "the scope openid is needed"})
	}
	return i.introduce(w, r, row, secret)
}

func (i *Issuer) introduce(w http.ResponseWriter, r *http.Request, row db.LiveAccessTokenRow, secret token.Secret) error {
	ev := web.EventFrom(r.Context())
	ev.Set("client", row.ClientID)
	ev.Set("user", row.Subject.String())
	return writeJSON(w, http.StatusOK, personOf(row, secret.Tenant))
}

func personOf(row db.LiveAccessTokenRow, t id.Tenant) person {
	p := person{Subject: row.Subject.String(), TID: t.String(), Tenant: row.TenantSlug}
	if slices.Contains(row.Scopes, "profile") && row.Name != "" {
		p.Name = &row.Name
	}
	if slices.Contains(row.Scopes, "email") {
		confirmed := row.EmailConfirmedAt != nil
		p.Email, p.EmailVerified = &row.Email, &confirmed
	}
	return p
}

var (
	errToken = refusal{http.StatusUnauthorized, "invalid_token", "the access token is unknown, expired, revoked or of another kind"}
	// errNoToken has no code: whoever shows nothing is only told how (RFC 6750 3.1).
	errNoToken = refusal{status: http.StatusUnauthorized}
)

// bearer reads the access token from the header, or from a posted form, never from the address and never from
// two places (RFC 6750 2).
func bearer(r *http.Request) (string, error) {
	if r.URL.Query().Has("access_token") {
		return "", invalidRequest("a token does not belong into the address")
	}
	inForm, err := formToken(r)
	if err != nil {
		return "", err
	}
	header := r.Header.Values("Authorization")
	if len(header) > 1 || len(header) == 1 && inForm != "" {
		return "", invalidRequest("more than one token")
	}
	if len(header) == 0 {
		if inForm == "" {
			return "", errNoToken
		}
		return inForm, nil
	}
	scheme, text, _ := strings.Cut(header[0], " ")
	if !strings.EqualFold(scheme, "Bearer") || text == "" {
		return "", errNoToken
	}
	return text, nil
}

func formToken(r *http.Request) (string, error) {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.Method != http.MethodPost || media != "application/x-www-form-urlencoded" {
		return "", nil
	}
	body, err := readBody(r)
	if err != nil {
		return "", err
	}
	form, err := single(body)
	return form.Get("access_token"), err
}

// challenge refuses a bearer (RFC 6750 3). The texts are ours, so none of them can end the header.
func challenge(w http.ResponseWriter, r *http.Request, err error) error {
	v := noted(r.Context(), err)
	h := `Bearer realm="sallyport"`
	if v.code != "" {
		h += `, error="` + v.code + `", error_description="` + v.words + `"`
	}
	w.Header().Set("WWW-Authenticate", h)
	return writeJSON(w, v.status, wordsOf{v.code, v.words})
}
