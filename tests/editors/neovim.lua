-- Opens $FILM, types a mistake into its second line, prints what the server finds. Neovim 0.7 or later.
local path, server = vim.env.FILM, vim.env.SERVER
vim.cmd("edit " .. path)
local client = vim.lsp.start_client({
  name = "storyboard",
  cmd = { server, "lsp" },
  root_dir = vim.fn.fnamemodify(path, ":h"),
})
vim.lsp.buf_attach_client(0, client)
vim.api.nvim_buf_set_lines(0, 1, 1, false, { "nonsense: 1" })
vim.wait(20000, function()
  return #vim.diagnostic.get(0) > 0
end, 50)
for _, found in ipairs(vim.diagnostic.get(0)) do
  io.stdout:write(string.format("%d: %s\n", found.lnum + 1, found.message))
end
vim.cmd("qall!")
