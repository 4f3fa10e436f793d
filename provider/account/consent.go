package account

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/gorilla/mux"

	"sallyport/provider/consent"
	"sallyport/provider/session"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/db"
	"sallyport/templates"
)

func (a *Account) askRevoke(w http.ResponseWriter, r *http.Request) error {
	s := session.From(r.Context())
	name, err := a.consented(r, s)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, templates.Confirm{
		Frame: frame(s), Title: templates.RevokeConsentTitle, Body: templates.RevokeConsentBody, Data: map[string]any{"Client": name},
		Action: r.URL.EscapedPath(), Button: templates.RevokeConsentButton, CancelURL: "/account",
	})
}

// consented is the name of a client that the person has given something to.
func (a *Account) consented(r *http.Request, s *session.Session) (string, error) {
	rows, err := a.config.Store.Tenant(s.Tenant).ListConsents(r.Context(), db.ListConsentsParams{TenantID: s.Tenant, UserID: s.User})
	if err != nil {
		return "", fmt.Errorf("look up consent: %w", err)
	}
	for _, c := range rows {
		if c.ClientID == mux.Vars(r)["client"] {
			return c.ClientName, nil
		}
	}
	return "", fmt.Errorf("look up consent: %w", storage.ErrNotFound)
}

func (a *Account) revoke(w http.ResponseWriter, r *http.Request) error {
	s, err := posted(r)
	if err != nil {
		return err
	}
	err = consent.Revoke(r.Context(), a.config.Store, s.Tenant, s.User, mux.Vars(r)["client"], a.origin(r), a.config.Now())
	if errors.Is(err, storage.ErrConflict) {
		// A client that was never given anything must not answer otherwise than one that does not exist.
		err = storage.ErrNotFound
	}
	if err != nil {
		return err
	}
	return done(w, r, consentRevoked)
}
