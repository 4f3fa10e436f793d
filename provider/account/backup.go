package account

import (
	"fmt"
	"net/http"

	"sallyport/provider/attempt"
	"sallyport/provider/session"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/templates"
)

const replaceCodesPath = "/account/backup-codes/replace"

func (a *Account) askReplaceCodes(w http.ResponseWriter, r *http.Request) error {
	s := session.From(r.Context())
	if len(s.Factors) == 0 {
		return noCodes()
	}
	return web.Render(w, r, http.StatusOK, templates.Confirm{
		Frame: frame(s), Title: templates.ReplaceCodesTitle, Body: templates.ReplaceCodesBody, Action: replaceCodesPath,
		Button: templates.ReplaceCodesButton, CancelURL: "/account",
	})
}

// replaceCodes only begins: the old codes work until the attempt has shown the new ones and they are kept.
func (a *Account) replaceCodes(w http.ResponseWriter, r *http.Request) error {
	s, err := posted(r)
	if err != nil {
		return err
	}
	if len(s.Factors) == 0 {
		return noCodes()
	}
	return a.begin(w, r, s, attempt.Codes, attempt.Request{ReturnTo: back(codesReplaced)})
}

// noCodes: without a factor there is nothing that a code could stand in for.
func noCodes() error { return fmt.Errorf("replace backup codes: no factor: %w", storage.ErrNotFound) }
