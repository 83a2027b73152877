async def tell(folder):
    import time

    from segue.demo.host import hosted

    t = time.time()
    async with hosted(folder, "127.0.0.1", 0, paced=False) as demo:
        while (notes := await demo.driver.step()) is not None:
            for n in notes:
                print(n.at.date(), n.account, n.kind, "|", n.text)
        print(time.time() - t)
        for p in demo.live.workspaces.posts:
            print(p.at, p.member.name, p.payload["text"][:300])
        for m in demo.live.mailbox.mails:
            print(m)
    return 0
