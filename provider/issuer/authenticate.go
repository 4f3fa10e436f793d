package issuer

import (
	"errors"
	"net/http"
	"net/url"

	"sallyport/provider/client"
	"sallyport/storage"
)

// presented is what a client shows of itself, and how.
type presented struct{ method, id, secret string }

// authenticate proves the client by the method it is registered with, and by no other: a client that could
// choose could choose "none" (gauntlet E01).
func (i *Issuer) authenticate(r *http.Request, form url.Values) (client.Client, error) {
	p, err := credentials(r, form)
	if err != nil {
		return client.Client{}, err
	}
	c, err := i.Clients.Find(r.Context(), p.id)
	if errors.Is(err, storage.ErrNotFound) {
		return client.Client{}, invalidClient("client authentication failed")
	}
	if err != nil {
		return client.Client{}, err
	}
	if p.method != c.AuthMethod || (!c.Public() && !c.Confirms(p.secret)) {
		return client.Client{}, invalidClient("client authentication failed")
	}
	return c, nil
}

// credentials accepts one way of authentication in a request, never two (RFC 6749 2.3).
func credentials(r *http.Request, form url.Values) (presented, error) {
	header := r.Header.Values("Authorization")
	switch {
	case form.Has("client_assertion"), form.Has("client_assertion_type"):
		return presented{}, invalidClient("client assertions are not offered")
	case len(header) > 1:
		return presented{}, invalidRequest("more than one Authorization header")
	case len(header) == 1:
		return basic(r, form)
	case form.Get("client_id") == "":
		return presented{}, invalidClient("the client is not named")
	case form.Has("client_secret"):
		return presented{client.SecretPost, form.Get("client_id"), form.Get("client_secret")}, nil
	}
	return presented{client.None, form.Get("client_id"), ""}, nil
}

// basic decodes twice: identifier and secret are urlencoded inside the header (RFC 6749 2.3.1).
func basic(r *http.Request, form url.Values) (presented, error) {
	name, secret, ok := r.BasicAuth()
	id, err1 := url.QueryUnescape(name)
	secret, err2 := url.QueryUnescape(secret)
	switch {
	case !ok || err1 != nil || err2 != nil:
		return presented{}, invalidClient("the Authorization header cannot be read")
	case form.Has("client_secret"):
		return presented{}, invalidRequest("client authentication is given twice")
	case form.Has("client_id") && form.Get("client_id") != id:
		return presented{}, invalidRequest("header and body name different clients")
	}
	return presented{client.SecretBasic, id, secret}, nil
}
