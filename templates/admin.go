package templates

// Admin is the administrators' start page: what there is to look after.
type Admin struct {
	Frame
	Links   []Choice
	BackURL string // empty hides the link
}

func (p Admin) view() view { return view{file: "admin.html", title: "admin.title"} }
