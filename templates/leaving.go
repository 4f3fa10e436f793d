package templates

import "net/url"

// Leaving takes the browser to another provider by itself, or by its link. It is a page and no redirect: Chromium applies
// form-action to every redirect that follows a form, and which address a provider will name is not known when the form is shown.
type Leaving struct {
	Frame
	Label   string // name of the connection
	Address string // absolute, https or http
}

// Goes is the address where it is one on the web, which nothing else in a refresh need be, "" otherwise.
func (p Leaving) Goes() string {
	if u, err := url.Parse(p.Address); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return p.Address
}

func (p Leaving) view() view {
	return view{file: "leaving.html", title: "leaving.title", data: map[string]any{"Connection": p.Label}}
}
