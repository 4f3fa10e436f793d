package entra

import (
	"net/http"
	"net/url"
)

// leave is OpenID Connect RP-Initiated Logout 1.0. There is no session that could end: it only leads on, to the relying
// party alone.
func (p *provider) leave(w http.ResponseWriter, r *http.Request, a authority) {
	v := r.URL.Query()
	to := v.Get("post_logout_redirect_uri")
	if !p.ours(to) {
		p.show(w, http.StatusOK, "left.html", nil)
		return
	}
	more := url.Values{}
	if state := v.Get("state"); state != "" {
		more.Set("state", state)
	}
	redirect(w, r, to, more)
}
